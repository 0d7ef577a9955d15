import { LRUCache } from 'lru-cache';
import { detachString } from '../hosts/detach-string.js';
import type { ResolvedLookupOptions } from './lookup.options.js';
import { OutageLog } from './outage-log.js';
import { Semaphore } from './semaphore.js';

/** That a name could not be looked up: a fault of ours, not of the client. Its message holds nothing of either. */
export class LookupUnavailable extends Error {
  override readonly name = 'LookupUnavailable';
}

/**
 * The answers to names that no pattern covers. One question at a time per name; a set number of questions at once and
 * of answers kept, whatever is sent; strangers cannot push out the names that are known.
 */
export class HostLookup {
  // Yes and no are kept apart, and questions apart from both: in one cache (or with its `fetch`, which keeps the
  // question in the answer's place) a flood of random names would push out every tenant.
  /**
   * The names that are ours, each with the generation of its answer. One that was forgotten stays with another
   * generation until it is answered with no: it may wait for a place among the questions, a stranger may not.
   */
  readonly #known: LRUCache<string, number>;
  #generation = 0;
  readonly #strangers: LRUCache<string, number>;
  readonly #questions = new Map<string, Promise<boolean>>();
  /** Kept apart from them, for a question that is forgotten is still under way. */
  readonly #places: Semaphore;
  readonly #outage: OutageLog;

  constructor(
    private readonly options: ResolvedLookupOptions,
    warn: (message: string) => void,
  ) {
    const { max, ttlMs, negativeTtlMs, concurrency } = options;
    this.#places = new Semaphore(concurrency);
    this.#outage = new OutageLog(warn);
    // A time of 0 means "not good for a moment" here and "good for ever" to the cache.
    this.#known = new LRUCache({
      max,
      ttl: Math.max(1, ttlMs),
      allowStale: true,
      noDeleteOnStaleGet: true,
    });
    this.#strangers = new LRUCache({ max, ttl: Math.max(1, negativeTtlMs) });
  }

  /** What the last question that failed failed with; `undefined` once one has succeeded. */
  get failing(): string | undefined {
    return this.#outage.reason;
  }

  /** How many questions are under way. */
  get asking(): number {
    return this.#places.taken;
  }

  /**
   * Whether a canonical name is one of ours; a promise only where it must be asked.
   *
   * @throws {LookupUnavailable} (or rejects with it) where nothing is known and asking fails, takes too long, or too
   * many questions are under way
   */
  allows(hostname: string): boolean | Promise<boolean> {
    const generation = this.#known.get(hostname);
    if (generation === this.#generation) {
      const remainingMs = this.#known.getRemainingTTL(hostname);
      if (remainingMs > 0) return true;
      if (remainingMs > -this.options.staleMs) {
        void this.#refresh(hostname);
        return true;
      }
    }
    return this.#strangers.get(hostname) !== undefined
      ? false
      : this.#question(hostname, generation !== undefined);
  }

  /** Logs the failures that are not logged yet. */
  close(): void {
    this.#outage.close();
  }

  /** Drops the answer for a name, or all answers. What is being asked is asked again. */
  forget(hostname?: string): void {
    if (hostname === undefined) {
      this.#generation++;
      this.#strangers.clear();
      this.#questions.clear();
    } else {
      if (this.#known.peek(hostname) !== undefined)
        this.#known.set(hostname, FORGOTTEN);
      this.#strangers.delete(hostname);
      this.#questions.delete(hostname);
    }
  }

  async #refresh(hostname: string): Promise<void> {
    try {
      await this.#question(hostname, true);
    } catch {
      // Said by #ask already; the answer that is known goes on being served.
    }
  }

  #question(hostname: string, ours: boolean): Promise<boolean> {
    const under = this.#questions.get(hostname);
    if (under) return under;
    const place = this.#places.take();
    if (!place && !ours) return Promise.reject(new LookupUnavailable(TOO_MANY));
    const question: Promise<boolean> = this.#ask(hostname, place).then(
      (answer) => {
        // Forgotten in the meantime: this answer may be from before the change.
        if (this.#questions.get(hostname) !== question) return answer;
        this.#questions.delete(hostname);
        const [is, isNot] = answer
          ? [this.#known, this.#strangers]
          : [this.#strangers, this.#known];
        is.set(detachString(hostname), this.#generation);
        isNot.delete(hostname);
        return answer;
      },
      (error: unknown) => {
        if (this.#questions.get(hostname) === question)
          this.#questions.delete(hostname);
        throw error;
      },
    );
    this.#questions.set(hostname, question);
    return question;
  }

  async #ask(hostname: string, place: boolean): Promise<boolean> {
    const { find, timeoutMs } = this.options;
    if (!place && !(await this.#places.wait(timeoutMs)))
      throw new LookupUnavailable(TOO_MANY);
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      ).unref();
    });
    try {
      const answer: unknown = await Promise.race([
        find(hostname, { signal: controller.signal }),
        late,
      ]);
      this.#outage.end();
      return answer === true;
    } catch (error) {
      this.#outage.begin(error);
      controller.abort(error);
      throw new LookupUnavailable(FAILED);
    } finally {
      clearTimeout(timer);
      this.#places.leave();
    }
  }
}

const FORGOTTEN = -1;
const TOO_MANY = 'too many names are being looked up at once';
const FAILED = 'lookup.find failed or took too long';
