import { detachString } from '../hosts/detach-string.js';
import { BoundedLog } from '../messages/bounded-log.js';
import { reasonOf } from '../messages/failure-log.js';

/** Logs that lookup fails, and that it works again: once each, and at most once a minute however it flickers. */
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

  /** What the last attempt failed with; `undefined` once one has succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }

  begin(error: unknown): void {
    const reason = detachString(reasonOf(error));
    this.#reason = reason;
    this.#log.add(
      FAILS,
      () =>
        `lookup.find fails: ${reason}. Known names are still served; unknown names get 503 until it recovers.`,
    );
  }

  end(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    if (!this.#log.has(FAILS)) return;
    this.#log.forget(FAILS);
    this.#warn('lookup.find works again.');
  }

  /** Logs the count that is not logged yet. */
  close(): void {
    this.#log.close();
  }
}

/** One key for all messages: each name that is looked up fails with its own. */
const FAILS = 'lookup.find';
