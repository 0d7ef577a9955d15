import { LogEntry } from '../wording/log-entry.js';
import { printable, quoted } from '../wording/quoted.js';
import type { Refusal } from './refusal.js';

export interface RefusalLogger {
  warn(entry: LogEntry): void;
}

/**
 * Says each refused host once and sums up the rest, so that a scanner cannot fill the log and nothing is hidden.
 * It remembers a set number of hosts, whatever is sent.
 */
export class RefusalLog {
  readonly #said = new Set<string>();
  #saidInPeriod = 0;
  #unsaid = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param verb how a line begins: `Refused`, or `Would refuse` in report mode */
  constructor(
    private readonly logger: RefusalLogger,
    private readonly verb: string,
  ) {}

  add(refusal: Refusal): void {
    this.#timer ??= setTimeout(() => this.#endPeriod(), PERIOD_MS).unref();
    const key = `${refusal.source} ${refusal.reason} ${refusal.value ?? ''}`;
    if (this.#said.has(key) || this.#saidInPeriod >= MAX_SAID_IN_PERIOD) {
      this.#unsaid++;
      return;
    }
    this.#saidInPeriod++;
    this.#remember(key);
    this.logger.warn(this.#entryFor(refusal));
  }

  /** Says what is still unsaid and stops. */
  close(): void {
    clearTimeout(this.#timer);
    this.#endPeriod();
  }

  #endPeriod(): void {
    this.#timer = undefined;
    this.#saidInPeriod = 0;
    const refusals = this.#unsaid;
    this.#unsaid = 0;
    if (refusals === 0) return;
    this.logger.warn(
      new LogEntry(
        `${this.verb} ${refusals} more ${refusals === 1 ? 'request' : 'requests'}, for hosts named before or too many to name.`,
        { refusals },
      ),
    );
  }

  #entryFor(refusal: Refusal): LogEntry {
    const { enforced, reason, source, value, detail, remedy } = refusal;
    const named =
      value === undefined
        ? 'a request without Host'
        : `${source} ${quoted(value, LONGEST_SAID)}`;
    return new LogEntry(
      [`${this.verb} ${named} on ${route(refusal)}: ${detail}.`, remedy]
        .filter(Boolean)
        .join(' '),
      { reason, source, host: value, enforced },
    );
  }

  #remember(key: string): void {
    this.#said.add(key);
    if (this.#said.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#said;
    if (oldest !== undefined) this.#said.delete(oldest);
  }
}

/** What tells a probe from a scanner; without the query, which may hold secrets. */
function route({ method = '', url = '' }: Refusal): string {
  const [path = ''] = url.split(/[?#]/);
  return printable(`${method} ${path}`, LONGEST_SAID);
}

const PERIOD_MS = 60_000;
const MAX_SAID_IN_PERIOD = 100;
const MAX_REMEMBERED = 1000;
const LONGEST_SAID = 120;
