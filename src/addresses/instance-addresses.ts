import { setMaxListeners } from 'node:events';
import { type AddressSet, addressSet } from './address-set.js';
import type { InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import { type AddressesLogger, Announcer } from './address-log.js';
import { askAll } from './discovery.js';
import { type Finding, type Plan, planFor } from './discovery-plan.js';
import { type Machine, thisMachine } from './machine.js';

/** How soon a first answer is tried for again; doubled from try to try up to `refreshMs`. */
const FIRST_RETRY_MS = 1000;
/** The most where `refreshMs` is 0: an answer is kept for good, but there is none yet. */
const RETRY_MS = 60_000;

/** The addresses of this machine: found before the application listens, kept current while it runs. */
export class InstanceAddresses {
  /** Where a Host that names one of them is allowed. */
  readonly allowOn: 'everywhere' | 'probes';

  private current: AddressSet = addressSet([]);
  /** Each finder's last good answer, by its place in the plan. */
  private readonly findings: (Finding | undefined)[];
  private readonly announcer: Announcer;
  private refreshed: number | null = null;
  private error: string | null = null;
  private rounds = 0;
  private running: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /**
   * The async provider's factory. Settles within `options.timeoutMs`, never rejects, and says in one line
   * what was found or what to do; where the application runs on none of the platforms, nothing is asked.
   *
   * @param options as `resolveAddressesOptions` gives them; `false` for no addresses at all
   * @param machine for tests: another environment, root directory and network interfaces
   */
  static async discover(
    options: false | ResolvedAddressesOptions,
    logger: AddressesLogger,
    machine: Machine = thisMachine(),
  ): Promise<InstanceAddresses> {
    const found = options
      ? new InstanceAddresses(options, planFor(options, machine), logger)
      : new InstanceAddresses(NOTHING, { finders: [] }, logger);
    await found.start();
    return found;
  }

  private constructor(
    private readonly options: Omit<
      ResolvedAddressesOptions,
      'sources' | 'platform'
    >,
    private readonly plan: Plan,
    logger: AddressesLogger,
  ) {
    this.allowOn = options.allowOn;
    this.findings = plan.finders.map(() => undefined);
    this.announcer = new Announcer(logger, options.allowOn);
  }

  /** All addresses, the primary one's source first. One frozen array for each answer, replaced whole. */
  get all(): readonly InstanceAddress[] {
    return this.current.all;
  }

  /** The primary private IPv4 address, else the primary IPv6 address, `null` where there is none. */
  get primary(): string | null {
    return this.current.primary;
  }

  /** Whether a canonical address (a dotted quad, or RFC 5952 without brackets) is one of them; in constant time. */
  has(address: string): boolean {
    return this.current.has(address);
  }

  /** When all sources last answered, in milliseconds since the epoch; `null` if they never did. */
  get refreshedAt(): number | null {
    return this.refreshed;
  }

  /** What went wrong last time, with the remedy; `null` if nothing did. */
  get lastError(): string | null {
    return this.error;
  }

  /** Stops looking, at once and for good; what was found stays. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.running?.abort();
  }

  private async start(): Promise<void> {
    const { finders, remark, surprising = false } = this.plan;
    if (finders.length === 0) {
      if (remark !== undefined) this.announcer.nothingToAsk(remark, surprising);
      return;
    }
    // No socket or timer of a round keeps the process alive. At start something must, or it would end
    // before the application listens.
    const hold = setInterval(() => undefined, RETRY_MS);
    await this.round();
    clearInterval(hold);
  }

  private async round(): Promise<void> {
    const { finders } = this.plan;
    const running = new AbortController();
    // Each request under way listens to it; that there are many is no leak.
    setMaxListeners(0, running.signal);
    this.running = running;
    const startedAt = performance.now();
    const budget = setTimeout(
      () => running.abort(),
      this.options.timeoutMs,
    ).unref();
    const outcomes = await askAll(finders, running.signal);
    clearTimeout(budget);
    // One of several requests may have failed while the others are still under way.
    running.abort();
    if (this.closed) return;

    const failures: string[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      if ('finding' in outcome) this.findings[i] = outcome.finding;
      else failures.push(outcome.failure);
    }
    this.rounds++;
    this.error = failures.length > 0 ? failures.join(' | ') : null;
    if (failures.length === 0) this.refreshed = Date.now();
    const before = this.swap();
    this.announcer.round({
      before,
      now: this.current,
      asked: finders.map(({ name }) => name),
      failures,
      ignored: this.findings.flatMap((finding) => finding?.ignored ?? []),
      remarks: this.findings.flatMap((finding) => finding?.remark ?? []),
      tookMs: Math.round(performance.now() - startedAt),
    });
    this.schedule();
  }

  /** An unchanged answer keeps its array, so that who compares references sees that nothing changed. */
  private swap(): AddressSet {
    const before = this.current;
    const now = addressSet(
      this.findings.flatMap((finding) => finding?.addresses ?? []),
    );
    if (JSON.stringify(now.all) !== JSON.stringify(before.all))
      this.current = now;
    return before;
  }

  private schedule(): void {
    const { refreshMs } = this.options;
    const complete = this.findings.every((finding) => finding !== undefined);
    if (complete && refreshMs === 0) return;
    const retryMs = FIRST_RETRY_MS * 2 ** Math.min(this.rounds - 1, 16);
    const delay = complete
      ? refreshMs
      : Math.min(refreshMs || RETRY_MS, retryMs);
    this.timer = setTimeout(() => void this.round(), delay).unref();
  }
}

const NOTHING = {
  allowOn: 'everywhere',
  timeoutMs: 1000,
  refreshMs: 0,
} as const;
