import { detachString } from '../hosts/detach-string.js';
import { BoundedLog } from './bounded-log.js';
import { errorMessage } from './error-message.js';
import { printable } from './printable.js';

export interface FailureLogOptions {
  readonly warn: (message: string) => void;
  /** The subject of the summary: what failed, e.g. `Host predicates`. */
  readonly what: string;
}

/**
 * Logs errors of the application's code: each message once, as one short line,
 * and the number of repeats once a minute.
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

  /** @param sentence makes the line from the message, see {@link reasonOf} */
  add(error: unknown, sentence: (reason: string) => string): void {
    const reason = detachString(reasonOf(error));
    this.#log.add(reason, () => sentence(reason));
  }

  /** Logs the count that is not logged yet. */
  close(): void {
    this.#log.close();
  }
}

/**
 * The message of an error as a part of a log line: printable ASCII, cut,
 * without a full stop.
 */
export function reasonOf(error: unknown): string {
  return printable(errorMessage(error), MAX_REASON_LENGTH).replace(/\.$/, '');
}

/**
 * Few causes can make many messages that differ only in a name, so the log
 * needs only some of them.
 */
const MAX_FAILURES = 10;
const MAX_REASON_LENGTH = 200;
