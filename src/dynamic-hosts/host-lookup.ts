import { detachString } from '../hosts/detach-string.js';
import type { ResolvedLookupOptions } from './lookup.options.js';
import { LruCache } from './lru-cache.js';
import { OutageLog } from './outage-log.js';
import { Semaphore } from './semaphore.js';

/**
 * Calls `lookup.find` for names that no pattern allows, and caches the results.
 * There is one call at a time for each name; the number of calls and of cached
 * results is limited. Calls, positive and negative results are stored apart,
 * so that a flood of unknown names cannot evict known ones.
 */
export class HostLookup {
  readonly #options: ResolvedLookupOptions;
  /**
   * Names that `find` allowed, each with the generation of its result. A
   * forgotten name stays, as `FORGOTTEN` or with an older generation, until its
   * next result: its call may wait for a slot.
   */
  readonly #positive: LruCache<number>;
  /** Names that `find` did not allow. */
  readonly #negative: LruCache<null>;
  readonly #inFlight = new Map<string, Promise<boolean>>();
  #generation = 0;
  /** Counts all calls, also those that `forget()` removed from `#inFlight`. */
  readonly #slots: Semaphore;
  readonly #outageLog: OutageLog;

  constructor(options: ResolvedLookupOptions, warn: (message: string) => void) {
    const { max, ttlMs, negativeTtlMs, concurrency } = options;
    this.#options = options;
    this.#slots = new Semaphore(concurrency);
    this.#outageLog = new OutageLog(warn);
    this.#positive = new LruCache(max, ttlMs);
    this.#negative = new LruCache(max, negativeTtlMs);
  }

  /** Why the last call failed; `undefined` once a call has succeeded. */
  get failing(): string | undefined {
    return this.#outageLog.reason;
  }

  /**
   * Whether `lookup.find` allows a canonical name. The result is a promise only
   * if `find` must be called.
   *
   * @throws {Error} (as a rejection) if no result is cached and the call fails or
   * times out, or too many calls are in flight. The message contains nothing of
   * the client, and nothing of the error of `find`
   */
  allows(hostname: string): boolean | Promise<boolean> {
    const positive = this.#positive.get(hostname);
    if (positive?.value === this.#generation) {
      const remainingMs = positive.expiresAt - performance.now();
      if (remainingMs > 0) return true;
      if (remainingMs > -this.#options.staleMs) {
        void this.#refresh(hostname);
        return true;
      }
    }
    const negative = this.#negative.get(hostname);
    return negative !== undefined && negative.expiresAt > performance.now()
      ? false
      : this.#resultFor(hostname, positive !== undefined);
  }

  /** Logs the failures that are not logged yet. */
  close(): void {
    this.#outageLog.close();
  }

  /**
   * Drops the cached result for a name, or all results. The result of a call
   * that is in flight is not cached.
   */
  forget(hostname?: string): void {
    if (hostname === undefined) {
      this.#generation++;
      this.#negative.clear();
      this.#inFlight.clear();
    } else {
      if (this.#positive.has(hostname)) this.#positive.set(hostname, FORGOTTEN);
      this.#negative.delete(hostname);
      this.#inFlight.delete(hostname);
    }
  }

  async #refresh(hostname: string): Promise<void> {
    try {
      await this.#resultFor(hostname, true);
    } catch {
      // #call has logged it. The cached result is still served.
    }
  }

  /**
   * @param isKnown whether `find` has allowed the name before: only then the
   * call may wait for a slot
   */
  #resultFor(hostname: string, isKnown: boolean): Promise<boolean> {
    const inFlight = this.#inFlight.get(hostname);
    if (inFlight) return inFlight;
    const hasSlot = this.#slots.tryAcquire();
    if (!hasSlot && !isKnown) return Promise.reject(new Error(TOO_MANY));
    const call = this.#call(hostname, hasSlot).then(
      (isAllowed) => {
        // forget() was called in the meantime: the result may be older than the
        // change.
        if (this.#inFlight.get(hostname) !== call) return isAllowed;
        this.#inFlight.delete(hostname);
        this.#cache(detachString(hostname), isAllowed);
        return isAllowed;
      },
      (error: unknown) => {
        if (this.#inFlight.get(hostname) === call)
          this.#inFlight.delete(hostname);
        throw error;
      },
    );
    this.#inFlight.set(hostname, call);
    return call;
  }

  #cache(hostname: string, isAllowed: boolean): void {
    if (isAllowed) {
      this.#positive.set(hostname, this.#generation);
      this.#negative.delete(hostname);
    } else {
      this.#negative.set(hostname, null);
      this.#positive.delete(hostname);
    }
  }

  async #call(hostname: string, hasSlot: boolean): Promise<boolean> {
    const { find, timeoutMs } = this.#options;
    if (!hasSlot && !(await this.#slots.acquireNext(timeoutMs)))
      throw new Error(TOO_MANY);
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`timed out after ${timeoutMs} ms`)),
        timeoutMs,
      ).unref();
    });
    try {
      const result: unknown = await Promise.race([
        find(hostname, { signal: controller.signal }),
        timeout,
      ]);
      this.#outageLog.reportSuccess();
      return result === true;
    } catch (error) {
      this.#outageLog.reportFailure(error);
      controller.abort(error);
      throw new Error(FAILED);
    } finally {
      clearTimeout(timer);
      this.#slots.release();
    }
  }
}

const FORGOTTEN = -1;
const TOO_MANY = 'too many names are being looked up at once';
const FAILED = 'lookup.find failed or took too long';
