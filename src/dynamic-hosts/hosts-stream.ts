import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { defer, type Observable, retry, type Subscription, timer } from 'rxjs';
import { HostList } from '../hosts/host-list.js';
import type { HostPattern } from '../hosts/host-pattern.js';
import { FailureLog, reasonOf } from '../messages/failure-log.js';

/** What `hosts` takes: patterns, or a stream of them in which each emission replaces the list. */
export type HostPatterns = string | readonly HostPattern[];

export interface HostsStreamOptions {
  readonly compile: (patterns: HostPatterns) => Generator<void, HostList>;
  readonly warn: (message: string) => void;
  /** How long the first emission may take, in ms. */
  readonly firstWithinMs: number;
}

/**
 * Subscribes to lists and compiles them. A long list is compiled in slices, so that requests are served meanwhile; of
 * the emissions that arrive in this time only the newest is compiled next, after a pause. After an error it
 * subscribes again, with back-off. What is malformed is logged and skipped.
 */
export class HostsStream {
  readonly #hosts: Observable<HostPatterns>;
  readonly #options: HostsStreamOptions;
  readonly #failureLog: FailureLog;
  readonly first: Promise<HostList>;
  #resolveFirst: (list: HostList) => void = () => undefined;
  #rejectFirst: (error: unknown) => void = () => undefined;
  #subscription: Subscription | undefined;
  #subscribedAt = 0;
  #failures = 0;
  #lastReason: string | undefined;
  #emitted = false;
  #closed = false;
  /** The newest emission that is not compiled yet. */
  #waiting: { readonly patterns: HostPatterns } | undefined;
  #compiling = false;
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

  /** Delivers the newest list, if it is not the one given, and all that follow. */
  deliverTo(deliver: (list: HostList) => void, since: HostList): void {
    this.#deliver = deliver;
    if (this.#latest && this.#latest !== since) deliver(this.#latest);
  }

  /** Subscribes, unless it is subscribed. */
  open(): void {
    if (this.#subscription && !this.#closed) return;
    this.#closed = false;
    this.#subscription = defer(() => {
      this.#subscribedAt = performance.now();
      return this.#hosts;
    })
      .pipe(retry({ delay: (error: unknown) => this.#delayAfter(error) }))
      .subscribe({
        next: (patterns) => this.#take(patterns),
        complete: () => {
          if (!this.#emitted) this.#rejectFirst(noList('ended without a list'));
        },
      });
  }

  /** Unsubscribes; what is being compiled is dropped. */
  close(): void {
    this.#closed = true;
    this.#waiting = undefined;
    this.#subscription?.unsubscribe();
    this.#failureLog.close();
  }

  async #awaitFirst(): Promise<HostList> {
    const { firstWithinMs } = this.#options;
    const late = setTimeout(() => {
      if (this.#emitted) return; // and is being compiled
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
      clearTimeout(late);
    }
  }

  #take(patterns: HostPatterns): void {
    this.#emitted = true;
    this.#waiting = { patterns };
    if (!this.#compiling) void this.#compileWaiting();
  }

  /** Compiles a list of one slice before it returns, a longer one in the background. */
  async #compileWaiting(): Promise<void> {
    this.#compiling = true;
    while (this.#waiting) {
      const { patterns } = this.#waiting;
      this.#waiting = undefined;
      const startedAt = performance.now();
      const sliced = this.#compileSlices(patterns);
      if (sliced === undefined) continue;
      await sliced;
      const tookMs = performance.now() - startedAt;
      await wait(Math.max(SHORTEST_PAUSE_MS, tookMs), undefined, {
        ref: false,
      });
    }
    this.#compiling = false;
  }

  #compileSlices(patterns: HostPatterns): Promise<void> | undefined {
    try {
      const steps = this.#options.compile(patterns);
      const step = steps.next();
      if (!step.done) return this.#compileRest(steps);
      this.#found(step.value);
    } catch (error) {
      this.#malformed(error);
    }
    return undefined;
  }

  async #compileRest(steps: Generator<void, HostList>): Promise<void> {
    try {
      while (!this.#closed) {
        await setImmediate();
        const step = steps.next();
        if (step.done) return this.#found(step.value);
      }
    } catch (error) {
      this.#malformed(error);
    }
  }

  #found(list: HostList): void {
    if (this.#closed) return;
    this.#latest = list;
    this.#resolveFirst(list);
    this.#deliver?.(list);
  }

  #malformed(error: unknown): void {
    if (this.#latest) this.#report(error, 'Waiting for the next one.');
    else this.#rejectFirst(error);
  }

  #delayAfter(error: unknown): Observable<unknown> {
    this.#report(error, 'Subscribing again.');
    const stood = performance.now() - this.#subscribedAt >= LONGEST_DELAY_MS;
    this.#failures = stood ? 1 : this.#failures + 1;
    return timer(Math.min(1000 * 2 ** (this.#failures - 1), LONGEST_DELAY_MS));
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

/** A subscription that lasted for so long counts as recovered. */
const LONGEST_DELAY_MS = 60_000;
/** Between two long lists; at least as long as the first of them took. */
const SHORTEST_PAUSE_MS = 1000;
