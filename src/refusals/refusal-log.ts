import { BoundedLog } from '../messages/bounded-log.js';
import { LogEntry } from '../messages/log-entry.js';
import { printable, quoted } from '../messages/printable.js';
import type { Refusal } from './refusal.js';

export interface RefusalLogger {
  warn(entry: LogEntry): void;
}

/**
 * Logs each refused host once and counts the rest, so that a scanner can
 * neither flood the log nor hide in it.
 */
export class RefusalLog {
  readonly #log: BoundedLog<LogEntry>;
  readonly #verb: string;

  /**
   * @param verb the beginning of each line: `Refused`, or `Would refuse` in
   * report mode
   */
  constructor(logger: RefusalLogger, verb: string) {
    this.#verb = verb;
    this.#log = new BoundedLog({
      write: (entry) => logger.warn(entry),
      summary: (refusals) =>
        new LogEntry(
          `${verb} ${refusals} more ${refusals === 1 ? 'request' : 'requests'}, for hosts logged before or too many to log.`,
          { refusals },
        ),
      maxPerPeriod: MAX_REFUSALS,
    });
  }

  add(refusal: Refusal): void {
    const key = `${refusal.source} ${refusal.reason} ${refusal.value ?? ''}`;
    this.#log.add(key, () => this.#entryFor(refusal));
  }

  /** Logs the count that is not logged yet. */
  close(): void {
    this.#log.close();
  }

  #entryFor(refusal: Refusal): LogEntry {
    const { enforced, reason, source, value, detail, remedy } = refusal;
    const { remoteAddress, userAgent } = refusal;
    const subject =
      value === undefined
        ? 'a request without Host'
        : `${source} ${quoted(value, MAX_VALUE_LENGTH)}`;
    return new LogEntry(
      [
        `${this.#verb} ${subject} on ${route(refusal)}${client(refusal)}: ${detail}.`,
        remedy,
      ]
        .filter(Boolean)
        .join(' '),
      { reason, source, host: value, enforced, remoteAddress, userAgent },
    );
  }
}

/**
 * The path distinguishes a probe from a scanner. The query is left out because
 * it may contain secrets.
 */
function route({ method = '', url = '' }: Refusal): string {
  const [path = ''] = url.split(/[?#]/);
  return printable(`${method} ${path}`, MAX_VALUE_LENGTH);
}

function client({ remoteAddress, userAgent }: Refusal): string {
  const address =
    remoteAddress === undefined
      ? ''
      : ` from ${printable(remoteAddress, MAX_VALUE_LENGTH)}`;
  return userAgent === undefined
    ? address
    : `${address} with User-Agent ${quoted(userAgent, MAX_VALUE_LENGTH)}`;
}

const MAX_REFUSALS = 100;
const MAX_VALUE_LENGTH = 120;
