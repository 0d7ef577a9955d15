import { isRecord } from '../messages/is-record.js';
import {
  checkKeys,
  checkMilliseconds,
  checkOneOf,
} from '../messages/option-checks.js';
import type { AddressSource } from './address-source.js';

/**
 * The platform whose sources are queried. `auto` detects it from files and environment variables, without the network.
 *
 * @example
 * ```ts
 * const platform: AddressesPlatform = 'ec2';
 * ```
 */
export type AddressesPlatform = 'auto' | 'ec2' | 'ecs' | 'kubernetes' | 'none';

/**
 * How the machine's own addresses join the allowed hosts.
 *
 * @example
 * ```ts
 * AllowedHostsModule.forRoot({ hosts, addresses: { allowOn: 'probes', refreshMs: 300_000 } });
 * ```
 */
export interface AddressesOptions {
  /**
   * Your own sources. They are queried in parallel, and their results are joined in this order. They replace the
   * sources of the platform, so `platform` must not be set together with them.
   *
   * @default the sources of the platform
   */
  readonly sources?: readonly AddressSource[];
  /**
   * The routes on which a Host with one of these addresses is allowed: all, or probe routes only, which allow every IP
   * address anyway.
   *
   * @default 'everywhere'
   */
  readonly allowOn?: 'everywhere' | 'probes';
  /**
   * The time budget of one discovery in milliseconds, whatever number of requests it takes.
   *
   * @default 1000
   */
  readonly timeoutMs?: number;
  /**
   * The interval between two discoveries in milliseconds; 0 keeps the first result forever.
   *
   * @default 60_000
   */
  readonly refreshMs?: number;
  /**
   * The platform. `'auto'` selects an ECS task, else a Kubernetes pod, else an EC2 instance, else none.
   *
   * @default 'auto'
   */
  readonly platform?: AddressesPlatform;
}

/** {@link AddressesOptions}, validated and with defaults; `sources` is empty if the platform is queried. */
export type ResolvedAddressesOptions = Readonly<Required<AddressesOptions>>;

/**
 * Validates the `addresses` option and adds the defaults.
 *
 * @throws {Error} a sentence that names the option and what to write instead
 */
export function resolveAddressesOptions(
  given: false | AddressesOptions | undefined,
): false | ResolvedAddressesOptions {
  if (given === false) return false;
  const options = checkKeys(given === undefined ? {} : given, KEYS, OPTION);
  const {
    allowOn = 'everywhere',
    timeoutMs = 1000,
    refreshMs = 60_000,
    platform = 'auto',
  } = options;
  const sources = checkSources(options.sources);
  if (sources.length > 0 && options.platform !== undefined)
    throw new Error(
      'addresses.platform has no effect when addresses.sources is set: remove one of the two.',
    );
  return Object.freeze({
    sources,
    allowOn: checkOneOf(allowOn, ALLOW_ON, `${OPTION}.allowOn`),
    timeoutMs: checkMilliseconds(timeoutMs, `${OPTION}.timeoutMs`, 1),
    refreshMs: checkMilliseconds(refreshMs, `${OPTION}.refreshMs`),
    platform: checkOneOf(platform, PLATFORMS, `${OPTION}.platform`),
  });
}

function checkSources(given: unknown): readonly AddressSource[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length === 0)
    throw new Error(
      'addresses.sources must contain at least one AddressSource: omit it to query the platform, or write addresses: false to query nothing.',
    );
  return Object.freeze(
    given.map((source: unknown, i) => {
      if (!isSource(source))
        throw new Error(
          `addresses.sources[${i}] is not an AddressSource: write { name: 'mine', addresses: async (signal) => ['10.0.0.1'] }.`,
        );
      return source;
    }),
  );
}

function isSource(value: unknown): value is AddressSource {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    value['name'].trim() !== '' &&
    typeof value['addresses'] === 'function'
  );
}

const OPTION = 'addresses';
const PLATFORMS = ['auto', 'ec2', 'ecs', 'kubernetes', 'none'] as const;
const ALLOW_ON = ['everywhere', 'probes'] as const;
const KEYS = ['platform', 'sources', 'allowOn', 'timeoutMs', 'refreshMs'];
