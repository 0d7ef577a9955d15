import { checkKeys, checkMilliseconds } from '../messages/option-checks.js';
import { quoted } from '../messages/printable.js';

/**
 * How to look up names that no pattern allows in your own code, e.g. a database
 * of tenants.
 */
export interface LookupOptions {
  /**
   * Returns whether a canonical name is one of yours. Only `true` allows it.
   * Never called for an IP address.
   *
   * @example
   * find: async (hostname, { signal }) => (await domains.findOne({ hostname }, { signal })) !== null
   */
  readonly find: (
    hostname: string,
    context: { readonly signal: AbortSignal },
  ) => boolean | Promise<boolean>;
  /**
   * How long `true` is cached, in ms.
   *
   * @default 60_000
   */
  readonly ttlMs?: number;
  /**
   * How long any other result is cached, in ms.
   *
   * @default 10_000
   */
  readonly negativeTtlMs?: number;
  /**
   * How long after `ttlMs` a cached `true` is still used while `find` is called
   * again, or while `find` fails, in ms.
   *
   * @default 3_600_000
   */
  readonly staleMs?: number;
  /**
   * How long a call of `find` may take, in ms.
   *
   * @default 1000
   */
  readonly timeoutMs?: number;
  /**
   * How many results are cached: this many of `true`, and this many of other
   * results, in two separate caches.
   *
   * @default 10_000
   */
  readonly max?: number;
  /**
   * How many calls of `find` may run at once. While they run, an unknown name
   * gets a 503. A name that was allowed before waits for up to `timeoutMs`.
   *
   * @default 32
   */
  readonly concurrency?: number;
}

export type ResolvedLookupOptions = Required<LookupOptions>;

/** @throws {Error} with the option and what to write instead */
export function resolveLookupOptions(
  given: LookupOptions,
): ResolvedLookupOptions {
  const own = checkKeys(given, ['find', ...TIMES, ...COUNTS], 'lookup');
  if (typeof own.find !== 'function') {
    throw new Error(
      'lookup.find is not a function: write find: async (hostname) => domains.has(hostname).',
    );
  }
  const {
    ttlMs = 60_000,
    negativeTtlMs = 10_000,
    staleMs = 3_600_000,
    timeoutMs = 1000,
    max = 10_000,
    concurrency = 32,
  } = own;
  const resolved = {
    find: own.find.bind(given), // it may be a method of a class
    ttlMs,
    negativeTtlMs,
    staleMs,
    timeoutMs,
    max,
    concurrency,
  };
  for (const name of TIMES)
    checkMilliseconds(
      resolved[name],
      `lookup.${name}`,
      name === 'timeoutMs' ? 1 : 0,
    );
  for (const name of COUNTS) {
    if (Number.isInteger(resolved[name]) && resolved[name] > 0) continue;
    throw new Error(
      `lookup.${name} is ${quoted(resolved[name])}: write a whole number above 0.`,
    );
  }
  return resolved;
}

const TIMES = ['ttlMs', 'negativeTtlMs', 'staleMs', 'timeoutMs'] as const;
const COUNTS = ['max', 'concurrency'] as const;
