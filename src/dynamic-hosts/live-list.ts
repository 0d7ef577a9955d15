import { isObservable, type Observable } from 'rxjs';
import { HostList } from '../hosts/host-list.js';
import { detachString } from '../hosts/detach-string.js';
import { BoundedLog } from '../messages/bounded-log.js';
import { FailureLog } from '../messages/failure-log.js';
import { printable } from '../messages/printable.js';
import { type HostPatterns, HostsStream } from './hosts-stream.js';

export type { HostPatterns } from './hosts-stream.js';

export interface LiveListOptions {
  readonly warn: (message: string) => void;
  /** How long the first emission of a stream may take, in ms. */
  readonly firstWithinMs?: number;
  /** How long after its first list a stream is followed before {@link LiveList.keepFollowing} is called, in ms. */
  readonly startWithinMs?: number;
}

/** The list in force. It is replaced whole, so a request sees the old list or the new one. */
export class LiveList {
  #current: HostList;
  #changedAt = Date.now();
  readonly #predicateLog: FailureLog;
  readonly #warnings: BoundedLog<string>;
  #stream: HostsStream | undefined;
  #starting: NodeJS.Timeout | undefined;

  /**
   * Compiles the patterns; of a stream, waits for the first emission and follows the rest.
   *
   * @throws {HostPatternError} where patterns that are at hand, or the first ones of a stream, are malformed
   * @throws {Error} where a stream emits nothing in time
   */
  static async follow(
    hosts: HostPatterns | Observable<HostPatterns>,
    { warn, firstWithinMs = 10_000, startWithinMs = 10_000 }: LiveListOptions,
  ): Promise<LiveList> {
    const predicateLog = new FailureLog({ warn, what: 'Host predicates' });
    const options = {
      name: 'hosts',
      onPredicateError: (error: unknown) =>
        predicateLog.add(error, describePredicateFailure),
    };
    if (!isObservable(hosts))
      return new LiveList(HostList.from(hosts, options), predicateLog, warn);
    const stream = new HostsStream(hosts, {
      compile: (patterns) => HostList.steps(patterns, options),
      warn,
      firstWithinMs,
    });
    const first = await stream.first;
    const list = new LiveList(first, predicateLog, warn);
    list.#follow(stream, startWithinMs, first);
    return list;
  }

  private constructor(
    list: HostList,
    predicateLog: FailureLog,
    warn: (message: string) => void,
  ) {
    this.#current = list;
    this.#predicateLog = predicateLog;
    this.#warnings = new BoundedLog({
      write: warn,
      summary: (count) =>
        `${count} more ${count === 1 ? 'warning' : 'warnings'} about hosts, logged before or too many to log.`,
      maxPerPeriod: 2 * MAX_WARNINGS,
    });
    this.#warn(list);
  }

  get current(): HostList {
    return this.#current;
  }

  /** When the list in force came, in ms since the epoch. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Logs what a predicate failed with, on whichever list it is. */
  readonly predicateFailed = (error: unknown): void =>
    this.#predicateLog.add(error, describePredicateFailure);

  /**
   * Follows the stream until {@link close}. An application whose start fails calls neither this nor `close`: so the
   * stream is unsubscribed from if this is not called in time, and subscribed to again if it is called later.
   */
  keepFollowing(): void {
    clearTimeout(this.#starting);
    this.#stream?.open();
  }

  /** Stops following the stream; the list stays. Logs the counts that are not logged yet. */
  close(): void {
    clearTimeout(this.#starting);
    this.#stream?.close();
    this.#predicateLog.close();
    this.#warnings.close();
  }

  #follow(stream: HostsStream, startWithinMs: number, first: HostList): void {
    this.#stream = stream;
    this.#starting = setTimeout(() => stream.close(), startWithinMs).unref();
    stream.deliverTo((list) => this.#replace(list), first);
  }

  #replace(list: HostList): void {
    this.#current = list;
    this.#changedAt = Date.now();
    this.#warn(list);
  }

  #warn({ warnings }: HostList): void {
    const more = warnings.length - MAX_WARNINGS;
    const lines = warnings.slice(0, MAX_WARNINGS);
    if (more > 0) lines.push(`${more} more patterns of hosts have a warning.`);
    for (const warning of lines) {
      const line = detachString(printable(warning, LONGEST_WARNING));
      this.#warnings.add(line, () => line);
    }
  }
}

function describePredicateFailure(reason: string): string {
  return `A host predicate failed; the host was refused: ${reason}.`;
}

const MAX_WARNINGS = 10;
const LONGEST_WARNING = 300;
