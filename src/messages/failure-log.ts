import { detachString } from '../hosts/detach-string.js';
import { BoundedLog } from './bounded-log.js';
import { messageOf } from './error-message.js';
import { printable } from './printable.js';

export interface FailureLogOptions {
  readonly warn: (message: string) => void;
  /** What failed, as the subject of the summary, e.g. `Host predicates`. */
  readonly what: string;
}

/**
 * Logs what code of the application fails with: each distinct message once, on one line of printable ASCII, cut; the
 * rest as a count once a minute.
 */
export class FailureLog {
  readonly #log: BoundedLog<string>;

  constructor({ warn, what }: FailureLogOptions) {
    this.#log = new BoundedLog({
      write: warn,
      summary: (failures) =>
        `${what} failed ${failures} more ${failures === 1 ? 'time' : 'times'}, with messages logged before or too many to log.`,
      maxPerPeriod: MAX_FAILURES,
    });
  }

  /** @param sentence gets the message, escaped and cut, without a full stop */
  add(error: unknown, sentence: (reason: string) => string): void {
    const reason = detachString(reasonOf(error));
    this.#log.add(reason, () => sentence(reason));
  }

  /** Logs the count that is not logged yet. */
  close(): void {
    this.#log.close();
  }
}

/** The message of an error for a log line: one line of printable ASCII, cut, without a full stop. */
export function reasonOf(error: unknown): string {
  return printable(messageOf(error), LONGEST_REASON).replace(/\.$/, '');
}

/** A failure has few causes, and a flood of messages differs only in what they name: some of them are enough. */
const MAX_FAILURES = 10;
const LONGEST_REASON = 200;
