import { printable } from '../wording/quoted.js';

/** Says that something fails, and that it works again: once each, and no more than once a minute however it flickers. */
export class Outage {
  #reason: string | undefined;
  #said = false;
  #saidAt = -Infinity;

  constructor(
    private readonly warn: (message: string) => void,
    private readonly fails: (reason: string) => string,
    private readonly works: string,
  ) {}

  /** What the last attempt failed with; `undefined` once one has succeeded. */
  get reason(): string | undefined {
    return this.#reason;
  }

  begin(reason: string): void {
    this.#reason = reason;
    if (this.#said || performance.now() - this.#saidAt < PERIOD_MS) return;
    this.#said = true;
    this.#saidAt = performance.now();
    this.warn(this.fails(printable(reason, LONGEST_REASON)));
  }

  end(): void {
    this.#reason = undefined;
    if (!this.#said) return;
    this.#said = false;
    this.warn(this.works);
  }
}

const PERIOD_MS = 60_000;
const LONGEST_REASON = 200;
