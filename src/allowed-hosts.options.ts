import type { Observable } from 'rxjs';
import {
  resolveAddressesOptions,
  type AddressesOptions,
  type ResolvedAddressesOptions,
} from './addresses/addresses.options.js';
import type { HostPatterns } from './dynamic-hosts/live-list.js';
import {
  resolveLookupOptions,
  type LookupOptions,
  type ResolvedLookupOptions,
} from './dynamic-hosts/lookup.options.js';
import { checkKeys, checkOneOf } from './messages/option-checks.js';

/**
 * What `forRoot` takes, and what the factory of `forRootAsync` returns. Only an object's own properties are options:
 * one that it inherits from a class or a prototype stops the start.
 */
export interface AllowedHostsOptions {
  /**
   * The hosts that the application serves. A string is split at commas and white space, as from an
   * environment variable. Of an Observable each emission replaces the list; the application waits for the first, up
   * to 10 s. A malformed pattern stops the start with an error that shows what to write instead.
   *
   * | pattern | allows |
   * |---|---|
   * | `example.com` | that name, any port |
   * | `example.com:8443` | that name with that port |
   * | `.example.com` | that name and every name below it |
   * | `*.example.com` | every name below it |
   * | `10.0.3.17`, `fd00::1`, `[fd00::1]:8443` | that address |
   * | `10.0.0.0/16`, `fd00::/8` | addresses in that network |
   * | `loopback` | `localhost`, names below it, `127.0.0.0/8`, `::1` |
   * | `linklocal` | `169.254.0.0/16`, `fe80::/10` |
   * | `uniquelocal` | `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16`, `fc00::/7` |
   * | `*` | every well-formed host |
   * | a RegExp | a host that it matches as a whole, without port; also a host that is named like a group |
   * | a function | what it returns `true` for |
   *
   * @example
   * hosts: ['example.com', '.example.org', '10.0.0.0/16', /tenant-\d+\.example\.net/]
   */
  readonly hosts: HostPatterns | Observable<HostPatterns>;
  /**
   * Calls your own code for names that no pattern matches, e.g. the domains of tenants.
   */
  readonly lookup?: LookupOptions;
  /**
   * How to find the machine's own private addresses, which load balancers send as `Host`; `false` to not look for them.
   *
   * @default found on EC2, ECS and Kubernetes within 1000 ms, refreshed every 60_000 ms
   */
  readonly addresses?: false | AddressesOptions;
  /**
   * When `X-Forwarded-Host` is checked: `trusted`, if the framework trusts the peer and so reports the header; `always`,
   * from every peer, and `Forwarded` too, for code that reads these headers itself.
   *
   * @default 'trusted'
   */
  readonly forwardedHost?: 'trusted' | 'always';
  /**
   * `report` refuses nothing, and logs and counts as `enforce` does.
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

/** Options after validation, with defaults. */
export interface ResolvedOptions {
  readonly hosts: HostPatterns | Observable<HostPatterns>;
  readonly lookup: ResolvedLookupOptions | undefined;
  readonly addresses: false | ResolvedAddressesOptions;
  readonly forwardedHost: 'trusted' | 'always';
  readonly mode: 'enforce' | 'report';
  readonly statusCode: number;
}

export const OPTION_NAMES = [
  'hosts',
  'lookup',
  'addresses',
  'forwardedHost',
  'mode',
  'statusCode',
];

export const RESOLVED_OPTIONS = Symbol('nestjs-allowed-hosts:options');

/**
 * Validates the options and fills in defaults, once, when the application starts.
 *
 * @throws {Error} a sentence that names the option and says what to write instead
 */
export function resolveOptions(given: AllowedHostsOptions): ResolvedOptions {
  for (const name of ['health', 'isGlobal', 'keepAliveTimeoutMs']) {
    if (Object.hasOwn(Object(given), name)) {
      throw new Error(
        `"${name}" belongs next to useFactory in forRootAsync(), not in the options that useFactory returns: routes are registered before factories run.`,
      );
    }
  }
  const {
    hosts,
    lookup,
    addresses,
    forwardedHost = 'trusted',
    mode = 'enforce',
    statusCode = 400,
  } = checkKeys(given, OPTION_NAMES, 'AllowedHostsModule');
  checkOneOf(forwardedHost, ['trusted', 'always'], 'forwardedHost');
  checkOneOf(mode, ['enforce', 'report'], 'mode');
  checkOneOf(statusCode, [400, 403, 404, 421], 'statusCode');
  return {
    hosts,
    lookup: lookup === undefined ? undefined : resolveLookupOptions(lookup),
    addresses: resolveAddressesOptions(addresses),
    forwardedHost,
    mode,
    statusCode,
  };
}
