import { detachString } from '../hosts/detach-string.js';
import { BoundedLog } from '../messages/bounded-log.js';
import { reasonOf } from '../messages/failure-log.js';

/**
 * Logs once that lookup fails, and once that it works again. However often it
 * changes, it logs once a minute at most.
 */
export class OutageLog {
  readonly #log: BoundedLog<string>;
  readonly #warn: (message: string) => void;
  #reason: string | undefined;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
    this.#log = new BoundedLog({
      write: warn,
      summary: (failures) =>
        `lookup.find failed ${failures} more ${failures === 1 ? 'time' : 'times'}.`,
      maxPerPeriod: 1,
    });
  }

  /** Why the last call failed; `undefined` once a call has succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }

  reportFailure(error: unknown): void {
    const reason = detachString(reasonOf(error));
    this.#reason = reason;
    this.#log.add(
      FAILURE,
      () =>
        `lookup.find fails: ${reason}. Known names are still served; unknown names get 503 until it recovers.`,
    );
  }

  reportSuccess(): void {
    this.#reason = undefined;
    if (!this.#log.has(FAILURE)) return;
    this.#log.forget(FAILURE);
    this.#warn('lookup.find works again.');
  }

  /** Logs the count that is not logged yet. */
  close(): void {
    this.#log.close();
  }
}

/** One key for all failures, because the message of a failure may contain the name that was looked up. */
// Stryker disable next-line StringLiteral: any key will do
const FAILURE = 'lookup.find';
