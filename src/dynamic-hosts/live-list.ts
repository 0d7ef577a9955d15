import { isObservable, type Observable } from 'rxjs';
import { detachString } from '../hosts/detach-string.js';
import { HostList } from '../hosts/host-list.js';
import { BoundedLog } from '../messages/bounded-log.js';
import { FailureLog } from '../messages/failure-log.js';
import { printable } from '../messages/printable.js';
import type { HostPatterns, HostsStream } from './hosts-stream.js';

export type { HostPatterns } from './hosts-stream.js';

export interface LiveListOptions {
  readonly warn: (message: string) => void;
  /**
   * How long the first list of a stream may take to arrive, in ms.
   *
   * @default 10_000
   */
  readonly firstWithinMs?: number;
  /**
   * How long a stream is followed after its first list if `keepFollowing()` is
   * not called, in ms.
   *
   * @default 10_000
   */
  readonly startWithinMs?: number;
}

/**
 * The list in force. A change replaces it at once, so a request sees the old
 * list or the new one.
 */
export class LiveList {
  #current: HostList;
  #changedAt = Date.now();
  readonly #predicateLog: FailureLog;
  readonly #warningLog: BoundedLog<string>;
  #stream: HostsStream | undefined;
  #startTimer: NodeJS.Timeout | undefined;

  /**
   * Compiles patterns. Of a stream it compiles the first list, and follows the
   * stream.
   *
   * @throws {HostPatternError} if a pattern is malformed: of an array, of a
   * string, or of the first list of a stream
   * @throws {Error} if a stream emits no list in time
   */
  static async follow(
    hosts: HostPatterns | Observable<HostPatterns>,
    { warn, firstWithinMs = 10_000, startWithinMs = 10_000 }: LiveListOptions,
  ): Promise<LiveList> {
    if (!isObservable(hosts)) return new LiveList(HostList.from(hosts), warn);
    // Loaded only if it is used: most applications have a fixed list.
    const { HostsStream } = await import('./hosts-stream.js');
    const stream = new HostsStream(hosts, {
      compile: (patterns) => HostList.steps(patterns),
      warn,
      firstWithinMs,
    });
    const first = await stream.first;
    const list = new LiveList(first, warn);
    list.#follow(stream, startWithinMs, first);
    return list;
  }

  private constructor(list: HostList, warn: (message: string) => void) {
    this.#current = list;
    this.#predicateLog = new FailureLog({ warn, what: 'Host predicates' });
    this.#warningLog = new BoundedLog({
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

  /** When the list in force replaced the one before, in ms since the epoch. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Logs the error of a predicate, of this list or of a route's own list. */
  readonly predicateFailed = (error: unknown): void =>
    this.#predicateLog.add(
      error,
      (reason) => `A host predicate failed; the host was refused: ${reason}.`,
    );

  /**
   * Follows the stream until {@link close}. If the application fails to start,
   * it calls neither this method nor `close`. So the stream is closed if this
   * method is not called in time, and opened again if it is called later.
   */
  keepFollowing(): void {
    clearTimeout(this.#startTimer);
    this.#stream?.open();
  }

  /**
   * Stops following the stream, and logs the counts that are not logged yet.
   * The list stays in force.
   */
  close(): void {
    clearTimeout(this.#startTimer);
    this.#stream?.close();
    this.#predicateLog.close();
    this.#warningLog.close();
  }

  #follow(stream: HostsStream, startWithinMs: number, first: HostList): void {
    this.#stream = stream;
    this.#startTimer = setTimeout(() => stream.close(), startWithinMs).unref();
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
    if (more > 0) lines.push(`${more} more patterns in hosts have a warning.`);
    for (const warning of lines) {
      const line = detachString(printable(warning, MAX_WARNING_LENGTH));
      this.#warningLog.add(line, () => line);
    }
  }
}

const MAX_WARNINGS = 10;
const MAX_WARNING_LENGTH = 300;
