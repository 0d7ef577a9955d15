import type { AddressSource } from './address-source.js';
import {
  checkKeys,
  checkMilliseconds,
  checkOneOf,
} from '../messages/option-checks.js';

/** Where an application may run; `auto` finds out from files and the environment, without the network. */
export type AddressesPlatform = 'auto' | 'ec2' | 'ecs' | 'kubernetes' | 'none';

/** How the machine's own addresses join the allowed hosts. */
export interface AddressesOptions {
  /**
   * Sources of your own, asked side by side, their answers joined in this order.
   * They stand instead of the platform's, so `platform` may not be set beside them.
   */
  sources?: readonly AddressSource[];
  /** Where a Host that names one of these addresses is allowed. Default `'everywhere'`. */
  allowOn?: 'everywhere' | 'probes';
  /** The whole budget of one discovery in milliseconds, however many requests it takes. Default 1000. */
  timeoutMs?: number;
  /** Milliseconds between two discoveries; 0 keeps the first answer for good. Default 60 000. */
  refreshMs?: number;
  /** Default `'auto'`: an ECS task, else a Kubernetes pod, else an EC2 instance, else nothing. */
  platform?: AddressesPlatform;
}

/** {@link AddressesOptions}, checked and complete; `sources` is empty where the platform is asked. */
export type ResolvedAddressesOptions = Readonly<Required<AddressesOptions>>;

const PLATFORMS = ['auto', 'ec2', 'ecs', 'kubernetes', 'none'] as const;
const ALLOW_ON = ['everywhere', 'probes'] as const;
const KEYS = ['sources', 'allowOn', 'timeoutMs', 'refreshMs', 'platform'];

/**
 * Checks the `addresses` option and fills in the defaults.
 *
 * @throws {Error} a sentence that names the option and what to write instead
 */
export function resolveAddressesOptions(
  given: false | AddressesOptions | undefined,
): false | ResolvedAddressesOptions {
  if (given === false) return false;
  const options = checkKeys(
    given === undefined ? {} : given,
    KEYS,
    'addresses',
  );
  const sources = sourcesOf(options.sources);
  if (sources.length > 0 && options.platform !== undefined)
    throw new Error(
      'addresses.platform has no effect beside addresses.sources: remove one of the two.',
    );
  return Object.freeze({
    sources,
    allowOn: checkOneOf(
      options.allowOn ?? 'everywhere',
      ALLOW_ON,
      'addresses.allowOn',
    ),
    timeoutMs: checkMilliseconds(
      options.timeoutMs ?? 1000,
      'addresses.timeoutMs',
      1,
    ),
    refreshMs: checkMilliseconds(
      options.refreshMs ?? 60_000,
      'addresses.refreshMs',
    ),
    platform: checkOneOf(
      options.platform ?? 'auto',
      PLATFORMS,
      'addresses.platform',
    ),
  });
}

function sourcesOf(given: unknown): readonly AddressSource[] {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length === 0)
    throw new Error(
      'addresses.sources must hold at least one AddressSource: leave it out to ask the platform, or write addresses: false to ask nothing.',
    );
  return Object.freeze(
    given.map((source: unknown, i) => {
      if (!isSource(source))
        throw new Error(
          `addresses.sources[${i}] is no AddressSource: write { name: 'mine', addresses: async (signal) => ['10.0.0.1'] }.`,
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
