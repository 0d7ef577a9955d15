/** A set number of places, and a line of those who may wait for one. */
export class Semaphore {
  #taken = 0;
  readonly #line = new Set<() => void>();

  constructor(private readonly number: number) {}

  get taken(): number {
    return this.#taken;
  }

  /** Takes a place if one is free. */
  take(): boolean {
    if (this.#taken >= this.number) return false;
    this.#taken++;
    return true;
  }

  /** Waits in line for a place; `false` where none comes free in time. */
  wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const enter = () => {
        clearTimeout(late);
        resolve(true);
      };
      const late = setTimeout(() => {
        this.#line.delete(enter);
        resolve(false);
      }, ms).unref();
      this.#line.add(enter);
    });
  }

  /** Gives a place back, to the next in line if there is one. */
  leave(): void {
    const [next] = this.#line;
    if (next === undefined) {
      this.#taken--;
    } else {
      this.#line.delete(next);
      next();
    }
  }
}
