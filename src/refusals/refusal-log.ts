import type { Refusal } from './refusal.js';

export interface RefusalLogger {
  warn(message: string): void;
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

  constructor(private readonly logger: RefusalLogger) {}

  add(refusal: Refusal): void {
    this.#timer ??= setTimeout(() => this.#endPeriod(), PERIOD_MS).unref();
    const key = `${refusal.source} ${refusal.reason} ${refusal.value ?? ''}`;
    if (this.#said.has(key) || this.#saidInPeriod >= MAX_SAID_IN_PERIOD) {
      this.#unsaid++;
      return;
    }
    this.#saidInPeriod++;
    this.#remember(key);
    this.logger.warn(sentence(refusal));
  }

  /** Says what is still unsaid and stops. */
  close(): void {
    clearTimeout(this.#timer);
    this.#endPeriod();
  }

  #endPeriod(): void {
    this.#timer = undefined;
    this.#saidInPeriod = 0;
    if (this.#unsaid === 0) return;
    this.logger.warn(
      `Refused ${this.#unsaid} more requests, for hosts named before or too many to name.`,
    );
    this.#unsaid = 0;
  }

  #remember(key: string): void {
    this.#said.add(key);
    if (this.#said.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#said;
    if (oldest !== undefined) this.#said.delete(oldest);
  }
}

function sentence({
  enforced,
  source,
  value,
  detail,
  remedy,
}: Refusal): string {
  const verb = enforced ? 'Refused' : 'Would refuse';
  const named =
    value === undefined
      ? 'a request without Host'
      : `${source} ${quote(value)}`;
  return [`${verb} ${named}: ${detail}.`, remedy].filter(Boolean).join(' ');
}

/** Foreign text that cannot pass for a line, a colour or a name of another script. */
function quote(value: string): string {
  return JSON.stringify(
    value.length > 120 ? `${value.slice(0, 120)}...` : value,
  ).replace(
    /[^\x20-\x7e]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const PERIOD_MS = 60_000;
const MAX_SAID_IN_PERIOD = 100;
const MAX_REMEMBERED = 1000;
