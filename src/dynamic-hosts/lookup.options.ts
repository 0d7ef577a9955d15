import { checkKeys, checkMilliseconds } from '../messages/option-checks.js';

/** How names that no pattern covers are asked of the application's own code. */
export interface LookupOptions {
  /**
   * Whether a canonical name (never an address) is one of yours; only `true` allows.
   *
   * @example
   * find: async (hostname, { signal }) => (await domains.findOne({ hostname }, { signal })) !== null
   */
  readonly find: (
    hostname: string,
    context: { readonly signal: AbortSignal },
  ) => boolean | Promise<boolean>;
  /**
   * How long a yes is good, in ms.
   *
   * @default 60_000
   */
  readonly ttlMs?: number;
  /**
   * How long a no is good, in ms.
   *
   * @default 10_000
   */
  readonly negativeTtlMs?: number;
  /**
   * How long after its time a yes is still served while it is asked again, or while asking fails, in ms.
   *
   * @default 3_600_000
   */
  readonly staleMs?: number;
  /**
   * How long a question may take, in ms.
   *
   * @default 1000
   */
  readonly timeoutMs?: number;
  /**
   * How many names are remembered: so many that are yours, and as many that are not, apart from each other.
   *
   * @default 10_000
   */
  readonly max?: number;
  /**
   * How many questions may be under way at once. Beyond that a new name gets a 503; one that was yours before waits
   * its turn, up to `timeoutMs`.
   *
   * @default 32
   */
  readonly concurrency?: number;
}

export type ResolvedLookupOptions = Required<LookupOptions>;

/** @throws {Error} a sentence that names the option and says what to write instead */
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
  for (const name of TIMES) checkMilliseconds(resolved[name], `lookup.${name}`);
  for (const name of COUNTS) {
    if (Number.isInteger(resolved[name]) && resolved[name] > 0) continue;
    throw new Error(
      `lookup.${name} is ${JSON.stringify(resolved[name])}: write a whole number above 0.`,
    );
  }
  return resolved;
}

const TIMES = ['ttlMs', 'negativeTtlMs', 'staleMs', 'timeoutMs'] as const;
const COUNTS = ['max', 'concurrency'] as const;
