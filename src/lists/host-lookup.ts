import { setTimeout } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../wording/error-facts.js';
import type { ResolvedLookupOptions } from './lookup.options.js';

/** That a name could not be looked up: a fault of ours, not of the client. */
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
  readonly #known: LRUCache<string, true>;
  readonly #strangers: LRUCache<string, true>;
  readonly #questions = new Map<string, Promise<boolean>>();
  #failing: string | undefined;

  constructor(
    private readonly options: ResolvedLookupOptions,
    private readonly warn: (message: string) => void,
  ) {
    const { max, ttlMs, negativeTtlMs } = options;
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
    return this.#failing;
  }

  /** How many questions are under way. */
  get asking(): number {
    return this.#questions.size;
  }

  /**
   * Whether a canonical name is one of ours; a promise only where it must be asked.
   *
   * @throws {LookupUnavailable} (or rejects with it) where nothing is known and asking fails, takes too long, or too
   * many questions are under way
   */
  allows(hostname: string): boolean | Promise<boolean> {
    if (this.#known.get(hostname)) {
      const remainingMs = this.#known.getRemainingTTL(hostname);
      if (remainingMs > 0) return true;
      if (remainingMs > -this.options.staleMs) {
        void this.#refresh(hostname);
        return true;
      }
    }
    return this.#strangers.get(hostname) ? false : this.#question(hostname);
  }

  /** Drops the answer for a name, or all answers. What is being asked is asked again. */
  forget(hostname?: string): void {
    if (hostname === undefined) {
      this.#known.clear();
      this.#strangers.clear();
      this.#questions.clear();
    } else {
      this.#known.delete(hostname);
      this.#strangers.delete(hostname);
      this.#questions.delete(hostname);
    }
  }

  async #refresh(hostname: string): Promise<void> {
    try {
      await this.#question(hostname);
    } catch {
      // Said by #ask already; the answer that is known goes on being served.
    }
  }

  #question(hostname: string): Promise<boolean> {
    const under = this.#questions.get(hostname);
    if (under) return under;
    if (this.#questions.size >= this.options.concurrency) {
      return Promise.reject(
        new LookupUnavailable('too many names are being looked up'),
      );
    }
    const question: Promise<boolean> = this.#ask(hostname).then(
      (answer) => {
        // Forgotten in the meantime: this answer may be from before the change.
        if (this.#questions.get(hostname) !== question) return answer;
        this.#questions.delete(hostname);
        if (answer) this.#known.set(hostname, true);
        else this.#strangers.set(hostname, true);
        if (!answer) this.#known.delete(hostname);
        else this.#strangers.delete(hostname);
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

  async #ask(hostname: string): Promise<boolean> {
    const { find, timeoutMs } = this.options;
    const controller = new AbortController();
    const finished = new AbortController();
    const late = setTimeout(timeoutMs, undefined, {
      signal: finished.signal,
      ref: false,
    }).then(() => {
      throw new Error(`no answer within ${timeoutMs} ms`);
    });
    late.catch(() => undefined);
    try {
      const answer: unknown = await Promise.race([
        find(hostname, { signal: controller.signal }),
        late,
      ]);
      this.#tell(undefined);
      return answer === true;
    } catch (error) {
      const reason = messageOf(error);
      this.#tell(reason);
      controller.abort(error);
      throw new LookupUnavailable(reason);
    } finally {
      finished.abort();
    }
  }

  #tell(failing: string | undefined): void {
    if (failing === this.#failing) return;
    if (failing !== undefined) {
      this.warn(
        `lookup.find fails: ${failing}. Known names are served on, others get 503 until it answers.`,
      );
    } else {
      this.warn('lookup.find answers again.');
    }
    this.#failing = failing;
  }
}
