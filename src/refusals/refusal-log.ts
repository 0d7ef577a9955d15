import { BoundedLog } from '../messages/bounded-log.js';
import { LogEntry } from '../messages/log-entry.js';
import { printable, quoted } from '../messages/printable.js';
import type { Refusal } from './refusal.js';

export interface RefusalLogger {
  warn(entry: LogEntry): void;
}

/** Logs each refused host once and sums up the rest, so that a scanner cannot fill the log and nothing is hidden. */
export class RefusalLog {
  readonly #log: BoundedLog<LogEntry>;
  readonly #verb: string;

  /** @param verb how a line begins: `Refused`, or `Would refuse` in report mode */
  constructor(logger: RefusalLogger, verb: string) {
    this.#verb = verb;
    this.#log = new BoundedLog({
      write: (entry) => logger.warn(entry),
      summary: (refusals) =>
        new LogEntry(
          `${verb} ${refusals} more ${refusals === 1 ? 'request' : 'requests'}, for hosts named before or too many to name.`,
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
    const named =
      value === undefined
        ? 'a request without Host'
        : `${source} ${quoted(value, LONGEST_VALUE)}`;
    return new LogEntry(
      [
        `${this.#verb} ${named} on ${route(refusal)}${client(refusal)}: ${detail}.`,
        remedy,
      ]
        .filter(Boolean)
        .join(' '),
      { reason, source, host: value, enforced, remoteAddress, userAgent },
    );
  }
}

/** The path tells a probe from a scanner. The query is left out: it may hold secrets. */
function route({ method = '', url = '' }: Refusal): string {
  const [path = ''] = url.split(/[?#]/);
  return printable(`${method} ${path}`, LONGEST_VALUE);
}

function client({ remoteAddress, userAgent }: Refusal): string {
  const address =
    remoteAddress === undefined
      ? ''
      : ` from ${printable(remoteAddress, LONGEST_VALUE)}`;
  return userAgent === undefined
    ? address
    : `${address} with User-Agent ${quoted(userAgent, LONGEST_VALUE)}`;
}

const MAX_REFUSALS = 100;
const LONGEST_VALUE = 120;
