import type {
  AddressesOptions,
  ResolvedAddressesOptions,
} from './addresses/addresses-options.js';
import { resolveAddressesOptions } from './addresses/addresses-options.js';
import { HostList } from './hosts/host-list.js';
import type { HostPattern } from './hosts/host-pattern.js';
import { checkKeys, checkOneOf } from './option-checks.js';

/** What `forRoot` takes, and what the factory of `forRootAsync` gives. */
export interface AllowedHostsOptions {
  /**
   * The hosts that the application answers to. A string is split at commas and white space, as from an
   * environment variable.
   *
   * @example
   * hosts: ['example.com', '.example.org', '10.0.0.0/16', /tenant-\d+\.example\.net/]
   */
  readonly hosts: string | readonly HostPattern[];
  /**
   * How the machine's own private addresses are found, which load balancers put into `Host`; `false` to not look.
   *
   * @default found on EC2, ECS and Kubernetes within 1000 ms, renewed every 60 000 ms
   */
  readonly addresses?: false | AddressesOptions;
  /**
   * When `X-Forwarded-Host` is checked: where the framework trusts the peer and so would report it (`trusted`), or
   * always, and `Forwarded` too, for code that reads these headers itself.
   *
   * @default 'trusted'
   */
  readonly forwardedHost?: 'trusted' | 'always';
  /**
   * In `report` mode nothing is refused; everything else happens the same.
   *
   * @default 'enforce'
   */
  readonly mode?: 'enforce' | 'report';
  /**
   * The status of a refusal.
   *
   * @default 400
   */
  readonly statusCode?: 400 | 403 | 404 | 421;
}

/** Options checked and completed. */
export interface ResolvedOptions {
  readonly list: HostList;
  readonly addresses: false | ResolvedAddressesOptions;
  readonly forwardedHost: 'trusted' | 'always';
  readonly mode: 'enforce' | 'report';
  readonly statusCode: number;
}

export const OPTION_NAMES = [
  'hosts',
  'addresses',
  'forwardedHost',
  'mode',
  'statusCode',
];

export const RESOLVED_OPTIONS = Symbol('nestjs-allowed-hosts:options');

/**
 * Checks and completes the options, once, when the application starts.
 *
 * @throws {Error} a sentence that names the option and says what to write instead
 */
export function resolveOptions(
  given: AllowedHostsOptions,
  onPredicateError: (error: unknown) => void,
): ResolvedOptions {
  for (const name of ['health', 'isGlobal']) {
    if (name in Object(given)) {
      throw new Error(
        `"${name}" stands beside useFactory, not in what it gives: routes are known before factories run.`,
      );
    }
  }
  checkKeys(given, OPTION_NAMES, 'AllowedHostsModule');
  const {
    hosts,
    addresses,
    forwardedHost = 'trusted',
    mode = 'enforce',
    statusCode = 400,
  } = given;
  checkOneOf(forwardedHost, ['trusted', 'always'], 'forwardedHost');
  checkOneOf(mode, ['enforce', 'report'], 'mode');
  checkOneOf(statusCode, [400, 403, 404, 421], 'statusCode');
  return {
    list: HostList.from(hosts, { name: 'hosts', onPredicateError }),
    addresses: resolveAddressesOptions(addresses),
    forwardedHost,
    mode,
    statusCode,
  };
}
