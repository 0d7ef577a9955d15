import { setMaxListeners } from 'node:events';
import { AddressLog, type AddressLogger } from './address-log.js';
import { addressSet, type AddressSet } from './address-set.js';
import type { InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import {
  planDiscovery,
  type DiscoveryPlan,
  type SourceResult,
} from './discovery-plan.js';
import { queryAll, type SourceOutcome } from './discovery.js';
import { thisMachine, type Machine } from './machine.js';

/** The addresses of this machine: discovered before the application listens, refreshed while it runs. */
export class InstanceAddresses {
  /** The routes on which a Host with one of the addresses is allowed. */
  readonly allowOn: 'everywhere' | 'probes';

  readonly #options: DiscoveryOptions;
  readonly #plan: DiscoveryPlan;
  readonly #log: AddressLog;
  /** The last result of each source of the plan, in the same order. */
  readonly #results: (SourceResult | undefined)[];
  #current: AddressSet = addressSet([]);
  #refreshedAt: number | null = null;
  #lastError: string | null = null;
  #discoveries = 0;
  #running: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * The factory of the async provider. It settles within `options.timeoutMs` (milliseconds) and never rejects. It logs
   * one line: the addresses, or what to do. On any other platform it sends no request.
   *
   * @param options from `resolveAddressesOptions`; `false` for no addresses at all
   * @param machine for tests: another environment, root directory and network interfaces
   */
  static async discover(
    options: false | ResolvedAddressesOptions,
    logger: AddressLogger,
    machine: Machine = thisMachine(),
  ): Promise<InstanceAddresses> {
    const addresses = options
      ? new InstanceAddresses(
          options,
          await planDiscovery(options, machine),
          logger,
        )
      : new InstanceAddresses(NO_DISCOVERY, { sources: [] }, logger);
    await addresses.#start();
    return addresses;
  }

  private constructor(
    options: DiscoveryOptions,
    plan: DiscoveryPlan,
    logger: AddressLogger,
  ) {
    this.allowOn = options.allowOn;
    this.#options = options;
    this.#plan = plan;
    this.#log = new AddressLog(logger, options.allowOn);
    this.#results = plan.sources.map(() => undefined);
  }

  /** All addresses, those of the first source first. The array is frozen, and replaced when the addresses change. */
  get all(): readonly InstanceAddress[] {
    return this.#current.all;
  }

  /** The primary private IPv4 address, else the primary IPv6 address, else `null`. */
  get primary(): string | null {
    return this.#current.primary;
  }

  /** Whether a canonical address (a dotted quad, or RFC 5952 without brackets) is one of them; in constant time. */
  has(address: string): boolean {
    return this.#current.has(address);
  }

  /** When all sources last responded, in milliseconds since the epoch; `null` if they never did. */
  get refreshedAt(): number | null {
    return this.#refreshedAt;
  }

  /** The failures of the last discovery, with what to do about them; `null` if it succeeded. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** Stops the discovery at once and forever. The addresses remain. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#running?.abort();
  }

  async #start(): Promise<void> {
    if (this.#plan.sources.length === 0)
      return this.#log.logNoSources(this.#plan);
    // No socket or timer of a discovery keeps the process alive. During the start a timer must, or the process would
    // end before the application listens.
    const keepAlive = setInterval(() => undefined, MAX_RETRY_MS);
    await this.#discover();
    clearInterval(keepAlive);
  }

  async #discover(): Promise<void> {
    const { sources } = this.#plan;
    const startedAt = performance.now();
    const outcomes = await this.#queryWithinBudget();
    if (this.#closed) return;
    const failures = this.#store(outcomes);
    const before = this.#current;
    this.#replaceIfChanged();
    this.#log.logDiscovery({
      before,
      now: this.#current,
      queried: sources.map(({ name }) => name),
      failures,
      ignored: this.#results.flatMap((result) => result?.ignored ?? []),
      notes: this.#results.flatMap((result) => result?.note ?? []),
      tookMs: Math.round(performance.now() - startedAt),
    });
    this.#scheduleNext();
  }

  async #queryWithinBudget(): Promise<readonly SourceOutcome[]> {
    const running = new AbortController();
    // Each request adds a listener. Many listeners are not a leak here.
    setMaxListeners(0, running.signal);
    this.#running = running;
    const abort = (): void => running.abort();
    const budget = setTimeout(abort, this.#options.timeoutMs).unref();
    const outcomes = await queryAll(this.#plan.sources, running.signal);
    clearTimeout(budget);
    // If one of several parallel requests fails, the others still run.
    abort();
    return outcomes;
  }

  /** @returns the failures; a source that failed keeps its last result */
  #store(outcomes: readonly SourceOutcome[]): readonly string[] {
    const failures: string[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      if ('result' in outcome) this.#results[i] = outcome.result;
      else failures.push(outcome.failure);
    }
    this.#discoveries++;
    this.#lastError = failures.length > 0 ? failures.join(' | ') : null;
    if (failures.length === 0) this.#refreshedAt = Date.now();
    return failures;
  }

  /** Unchanged addresses keep their array, so that a caller can detect a change by comparing references. */
  #replaceIfChanged(): void {
    const next = addressSet(
      this.#results.flatMap((result) => result?.addresses ?? []),
    );
    if (JSON.stringify(next.all) !== JSON.stringify(this.#current.all))
      this.#current = next;
  }

  #scheduleNext(): void {
    const { refreshMs } = this.#options;
    const isComplete = this.#results.every((result) => result !== undefined);
    if (isComplete && refreshMs === 0) return;
    const backoffMs = FIRST_RETRY_MS * 2 ** Math.min(this.#discoveries - 1, 16);
    const delayMs = isComplete
      ? refreshMs
      : Math.min(refreshMs || MAX_RETRY_MS, backoffMs);
    this.#timer = setTimeout(() => void this.#discover(), delayMs).unref();
  }
}

type DiscoveryOptions = Omit<ResolvedAddressesOptions, 'sources' | 'platform'>;

// Stryker disable next-line ObjectLiteral: nothing reads it where there is no source
const NO_DISCOVERY: DiscoveryOptions = {
  // Stryker disable next-line StringLiteral: there is no address to allow
  allowOn: 'everywhere',
  timeoutMs: 1000,
  refreshMs: 0,
};
/** The delay of the first retry without a result; it doubles up to `refreshMs`. */
const FIRST_RETRY_MS = 1000;
/** The longest retry delay if `refreshMs` is 0: the first result is kept forever, but there is none yet. */
const MAX_RETRY_MS = 60_000;
