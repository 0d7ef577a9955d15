export interface BoundedLogOptions<Line> {
  readonly write: (line: Line) => void;
  /** The line that reports how many lines were suppressed in a period. */
  readonly summary: (suppressed: number) => Line;
  /** How many lines a period may have, its summary not counted. */
  readonly maxPerPeriod: number;
}

/**
 * Logs each key once. It counts the repeats, and what exceeds the limit of a period, and logs the count once a minute.
 * The memory and the lines per minute are bounded, whatever is added; nothing is suppressed without a trace.
 */
export class BoundedLog<Line> {
  readonly #options: BoundedLogOptions<Line>;
  readonly #logged = new Set<string>();
  #loggedInPeriod = 0;
  #suppressed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BoundedLogOptions<Line>) {
    this.#options = options;
  }

  /**
   * @param key short, and a copy of its own: it is kept
   * @param line is called only if the line is logged
   */
  add(key: string, line: () => Line): void {
    this.#timer ??= setTimeout(() => this.#endPeriod(), PERIOD_MS).unref();
    const { maxPerPeriod } = this.#options;
    if (this.#logged.has(key) || this.#loggedInPeriod >= maxPerPeriod) {
      this.#suppressed++;
      return;
    }
    this.#loggedInPeriod++;
    this.#keep(key);
    this.#write(line);
  }

  /** Whether a line with this key was logged and is not forgotten. */
  has(key: string): boolean {
    return this.#logged.has(key);
  }

  /** Lets a key be logged again. */
  forget(key: string): void {
    this.#logged.delete(key);
  }

  /** Logs what is not summed up yet. */
  close(): void {
    clearTimeout(this.#timer);
    this.#endPeriod();
  }

  #endPeriod(): void {
    this.#timer = undefined;
    this.#loggedInPeriod = 0;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    if (suppressed > 0) this.#write(() => this.#options.summary(suppressed));
  }

  #keep(key: string): void {
    this.#logged.add(key);
    if (this.#logged.size <= MAX_KEYS) return;
    const [oldest] = this.#logged;
    if (oldest !== undefined) this.#logged.delete(oldest);
  }

  #write(line: () => Line): void {
    try {
      this.#options.write(line());
    } catch {
      // A logger that throws must not fail a request, nor end the process from a timer.
    }
  }
}

const PERIOD_MS = 60_000;
const MAX_KEYS = 1000;
