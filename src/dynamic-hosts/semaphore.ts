/**
 * Limits how many operations run at the same time. Who must wait is served
 * first come, first served.
 */
export class Semaphore {
  readonly #limit: number;
  #inUse = 0;
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Acquires a slot if one is free. */
  tryAcquire(): boolean {
    if (this.#inUse >= this.#limit) return false;
    this.#inUse++;
    return true;
  }

  /**
   * Acquires the next slot that is released, while none is free; `false` if none
   * is released in time.
   */
  acquireNext(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        resolve(false);
      }, timeoutMs).unref();
      this.#waiting.add(wake);
    });
  }

  /** Releases a slot: the first who waits gets it. */
  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inUse--;
    } else {
      this.#waiting.delete(next);
      next();
    }
  }
}
