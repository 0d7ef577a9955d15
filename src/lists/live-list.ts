import {
  defer,
  EmptyError,
  firstValueFrom,
  isObservable,
  type Observable,
  retry,
  ReplaySubject,
  type Subscription,
  tap,
  timeout,
  TimeoutError,
  timer,
} from 'rxjs';
import { HostList } from '../hosts/host-list.js';
import { messageOf } from '../wording/error-facts.js';
import type { HostPattern } from '../hosts/host-pattern.js';

/** What `hosts` takes: patterns, or a stream of them in which each emission replaces the list. */
export type HostPatterns = string | readonly HostPattern[];

export interface LiveListOptions {
  readonly onPredicateError: (error: unknown) => void;
  readonly warn: (message: string) => void;
  /** How long the first emission of a stream may take, in ms. */
  readonly firstWithinMs?: number;
}

/** The list in force. It is replaced whole, so a request sees the old list or the new one. */
export class LiveList {
  #current: HostList;
  #changedAt = Date.now();
  readonly #warn: (message: string) => void;
  #subscription: Subscription | undefined;

  /**
   * Compiles the patterns; of a stream, waits for the first emission and follows the rest.
   *
   * @throws {HostPatternError} where patterns that are at hand, or the first ones of a stream, are malformed
   * @throws {Error} where a stream emits nothing in time
   */
  static async follow(
    hosts: HostPatterns | Observable<HostPatterns>,
    options: LiveListOptions,
  ): Promise<LiveList> {
    const compile = (patterns: HostPatterns) =>
      HostList.from(patterns, {
        name: 'hosts',
        onPredicateError: options.onPredicateError,
      });
    if (!isObservable(hosts)) return new LiveList(compile(hosts), options.warn);
    return LiveList.#followStream(hosts, compile, options);
  }

  private constructor(list: HostList, warn: (message: string) => void) {
    this.#current = list;
    this.#warn = warn;
    for (const warning of list.warnings) warn(warning);
  }

  get current(): HostList {
    return this.#current;
  }

  /** When the list in force came, in ms since the epoch. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Stops following the stream; the list stays. */
  close(): void {
    this.#subscription?.unsubscribe();
  }

  static async #followStream(
    hosts: Observable<HostPatterns>,
    compile: (patterns: HostPatterns) => HostList,
    { warn, firstWithinMs = 10_000 }: LiveListOptions,
  ): Promise<LiveList> {
    const first = new ReplaySubject<LiveList>(1);
    let live: LiveList | undefined;
    let said = '';
    const keep = (error: unknown, then: string) => {
      const reason = messageOf(error);
      if (reason !== said)
        warn(
          `${live ? 'The list of hosts stays as it was' : 'There is no list of hosts yet'}: ${reason.replace(/\.$/, '')}. ${then}`,
        );
      said = reason;
    };
    const take = (patterns: HostPatterns) => {
      try {
        const list = compile(patterns);
        said = '';
        if (live) live.#replace(list);
        else first.next((live = new LiveList(list, warn)));
      } catch (error) {
        if (live) keep(error, 'Waiting for the next one.');
        else first.error(error);
      }
    };
    let subscribedAt = 0;
    let failures = 0;
    const subscription = defer(() => {
      subscribedAt = performance.now();
      return hosts;
    })
      .pipe(
        tap(take),
        retry({
          delay: (error: unknown) => {
            keep(error, 'Subscribing again.');
            const stood = performance.now() - subscribedAt >= LONGEST_DELAY_MS;
            failures = stood ? 1 : failures + 1;
            return timer(
              Math.min(1000 * 2 ** (failures - 1), LONGEST_DELAY_MS),
            );
          },
        }),
      )
      .subscribe({ complete: () => first.complete() });
    try {
      const found = await firstValueFrom(
        first.pipe(timeout({ first: firstWithinMs })),
      );
      found.#subscription = subscription;
      return found;
    } catch (error) {
      subscription.unsubscribe();
      const why =
        error instanceof TimeoutError
          ? `emitted no list within ${firstWithinMs} ms${said && ` (last: ${said})`}`
          : error instanceof EmptyError
            ? 'ended without a list'
            : undefined;
      if (why === undefined) throw error;
      throw new Error(
        `hosts ${why}: let the Observable emit when it is subscribed to, e.g. with startWith().`,
      );
    }
  }

  #replace(list: HostList): void {
    const known = this.#current.warnings;
    for (const warning of list.warnings)
      if (!known.includes(warning)) this.#warn(warning);
    this.#current = list;
    this.#changedAt = Date.now();
  }
}

/** A stream that has stood for so long is taken for sound again. */
const LONGEST_DELAY_MS = 60_000;
