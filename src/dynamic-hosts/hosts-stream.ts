import { setImmediate } from 'node:timers/promises';
import { defer, retry, Subscription, timer, type Observable } from 'rxjs';
import type { HostList } from '../hosts/host-list.js';
import type { HostPattern } from '../hosts/host-pattern.js';
import { FailureLog, reasonOf } from '../messages/failure-log.js';

/** The patterns of a list. A string is split at commas and white space. */
export type HostPatterns = string | readonly HostPattern[];

export interface HostsStreamOptions {
  readonly compile: (patterns: HostPatterns) => Generator<void, HostList>;
  readonly warn: (message: string) => void;
  /** How long the first list may take to arrive, in ms. */
  readonly firstWithinMs: number;
}

/**
 * Subscribes to a stream of lists and compiles them. A long list is compiled in slices, so that requests are served
 * meanwhile; of the lists that arrive in this time, only the newest is compiled next, after a pause. After an error it
 * subscribes again, with back-off. A malformed list is logged and skipped.
 */
export class HostsStream {
  readonly #hosts: Observable<HostPatterns>;
  readonly #options: HostsStreamOptions;
  readonly #failureLog: FailureLog;
  readonly first: Promise<HostList>;
  #resolveFirst: (list: HostList) => void = () => undefined;
  #rejectFirst: (error: unknown) => void = () => undefined;
  #subscription = Subscription.EMPTY;
  #subscribedAt = 0;
  #failures = 0;
  #lastReason: string | undefined;
  #hasEmitted = false;
  #isClosed = true;
  /** The newest list that is not compiled yet. */
  #pending: { readonly patterns: HostPatterns } | undefined;
  #isCompiling = false;
  #latest: HostList | undefined;
  #deliver: ((list: HostList) => void) | undefined;

  constructor(hosts: Observable<HostPatterns>, options: HostsStreamOptions) {
    this.#hosts = hosts;
    this.#options = options;
    this.#failureLog = new FailureLog({
      warn: options.warn,
      what: 'The stream of hosts',
    });
    this.first = this.#awaitFirst();
    this.open();
  }

  /** Delivers every list that is newer than `since`. */
  deliverTo(deliver: (list: HostList) => void, since: HostList): void {
    this.#deliver = deliver;
    const latest = this.#latest ?? since;
    if (latest !== since) deliver(latest);
  }

  /** Subscribes, unless it is subscribed already. */
  open(): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    this.#subscription = defer(() => {
      this.#subscribedAt = performance.now();
      return this.#hosts;
    })
      .pipe(retry({ delay: (error: unknown) => this.#retryAfter(error) }))
      .subscribe({
        next: (patterns) => this.#receive(patterns),
        complete: () => {
          if (!this.#hasEmitted)
            this.#rejectFirst(noList('ended without a list'));
        },
      });
  }

  /** Unsubscribes, and drops a list that is being compiled. */
  close(): void {
    this.#isClosed = true;
    this.#pending = undefined;
    this.#subscription.unsubscribe();
    this.#failureLog.close();
  }

  async #awaitFirst(): Promise<HostList> {
    const { firstWithinMs } = this.#options;
    const timeout = setTimeout(() => {
      if (this.#hasEmitted) return; // the list is being compiled
      const last = this.#lastReason ? ` (last: ${this.#lastReason})` : '';
      this.#rejectFirst(
        noList(`emitted no list within ${firstWithinMs} ms${last}`),
      );
    }, firstWithinMs);
    try {
      return await new Promise<HostList>((resolve, reject) => {
        this.#resolveFirst = resolve;
        this.#rejectFirst = reject;
      });
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timeout);
    }
  }

  #receive(patterns: HostPatterns): void {
    this.#hasEmitted = true;
    this.#pending = { patterns };
    if (!this.#isCompiling) void this.#compilePending();
  }

  /** Compiles a list of one slice before it returns, a longer one in the background. */
  async #compilePending(): Promise<void> {
    this.#isCompiling = true;
    while (this.#pending) {
      const { patterns } = this.#pending;
      this.#pending = undefined;
      const startedAt = performance.now();
      const rest = this.#compile(patterns);
      if (rest === undefined) continue;
      await rest;
      const tookMs = performance.now() - startedAt;
      const pauseMs = Math.max(MIN_PAUSE_MS, tookMs);
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
    this.#isCompiling = false;
  }

  /** @returns a promise only if more than one slice must be compiled */
  #compile(patterns: HostPatterns): Promise<void> | undefined {
    try {
      const steps = this.#options.compile(patterns);
      const step = steps.next();
      if (!step.done) return this.#compileRest(steps);
      this.#use(step.value);
    } catch (error) {
      this.#skip(error);
    }
    return undefined;
  }

  async #compileRest(steps: Generator<void, HostList>): Promise<void> {
    try {
      while (!this.#isClosed) {
        await setImmediate();
        const step = steps.next();
        if (step.done) return this.#use(step.value);
      }
    } catch (error) {
      this.#skip(error);
    }
  }

  #use(list: HostList): void {
    // Stryker disable next-line ConditionalExpression: after the end nobody reads the list
    if (this.#isClosed) return;
    this.#latest = list;
    this.#resolveFirst(list);
    this.#deliver?.(list);
  }

  /** Skips a malformed list; a malformed first list is an error. */
  #skip(error: unknown): void {
    if (this.#latest) this.#report(error, 'Waiting for the next one.');
    else this.#rejectFirst(error);
  }

  #retryAfter(error: unknown): Observable<unknown> {
    this.#report(error, 'Subscribing again.');
    const lasted = performance.now() - this.#subscribedAt >= MAX_DELAY_MS;
    this.#failures = lasted ? 1 : this.#failures + 1;
    return timer(Math.min(1000 * 2 ** (this.#failures - 1), MAX_DELAY_MS));
  }

  #report(error: unknown, next: string): void {
    this.#lastReason = reasonOf(error);
    const state = this.#latest
      ? 'The list of hosts stays as it was'
      : 'There is no list of hosts yet';
    this.#failureLog.add(error, (reason) => `${state}: ${reason}. ${next}`);
  }
}

function noList(why: string): Error {
  return new Error(
    `hosts ${why}: let the Observable emit when it is subscribed to, e.g. with startWith().`,
  );
}

/** The longest delay before a retry. A subscription that lasted this long counts as recovered. */
const MAX_DELAY_MS = 60_000;
/** The shortest pause between two long lists. The pause is at least as long as compiling the first of them took. */
const MIN_PAUSE_MS = 1000;
