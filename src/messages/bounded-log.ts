export interface BoundedLogOptions<Line> {
  readonly write: (line: Line) => void;
  /** Makes the line that reports how many lines were suppressed in a period. */
  readonly summary: (suppressed: number) => Line;
  /** How many lines are logged in a period at most, without the summary. */
  readonly maxPerPeriod: number;
}

/**
 * Logs each key once. It suppresses repeats and what exceeds the limit of a
 * period, and logs their number once a minute. So memory and lines per minute
 * are bounded, and nothing is suppressed silently.
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
   * @param key is stored: it must be short and detached, see detachString()
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
    this.#store(key);
    this.#write(line);
  }

  /**
   * Whether a line with this key was logged, and neither forgotten nor evicted.
   */
  has(key: string): boolean {
    return this.#logged.has(key);
  }

  /** Allows a key to be logged again. */
  forget(key: string): void {
    this.#logged.delete(key);
  }

  /** Logs the count that is not logged yet. */
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

  #store(key: string): void {
    this.#logged.add(key);
    if (this.#logged.size <= MAX_KEYS) return;
    const [oldest] = this.#logged;
    if (oldest !== undefined) this.#logged.delete(oldest);
  }

  #write(line: () => Line): void {
    try {
      this.#options.write(line());
    } catch {
      // A logger that throws must not fail a request, and must not end the
      // process from the timer.
    }
  }
}

const PERIOD_MS = 60_000;
const MAX_KEYS = 1000;
