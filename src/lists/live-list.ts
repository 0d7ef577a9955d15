import {
  firstValueFrom,
  isObservable,
  map,
  type Observable,
  retry,
  ReplaySubject,
  type Subscription,
  tap,
  timeout,
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
    const first = new ReplaySubject<HostList>(1);
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
    const subscription = hosts
      .pipe(
        map((patterns) => {
          try {
            return compile(patterns);
          } catch (error) {
            if (live) keep(error, 'Waiting for the next one.');
            else first.error(error);
            return undefined;
          }
        }),
        tap((list) => {
          if (list === undefined) return;
          said = '';
          if (live) live.#replace(list);
          else first.next(list);
        }),
        retry({
          delay: (error: unknown, count) => {
            keep(error, 'Subscribing again.');
            return timer(Math.min(1000 * 2 ** (count - 1), 60_000));
          },
          resetOnSuccess: true,
        }),
      )
      .subscribe();
    try {
      const list = await firstValueFrom(
        first.pipe(timeout({ first: firstWithinMs })),
      );
      live = new LiveList(list, warn);
      live.#subscription = subscription;
      return live;
    } catch (error) {
      subscription.unsubscribe();
      if (error instanceof Error && error.name === 'TimeoutError') {
        throw new Error(
          `hosts emitted no list within ${firstWithinMs} ms${said && ` (last: ${said})`}: let the Observable emit when it is subscribed to, e.g. with startWith().`,
        );
      }
      throw error;
    }
  }

  #replace(list: HostList): void {
    this.#current = list;
    this.#changedAt = Date.now();
  }
}
