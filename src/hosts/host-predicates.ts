import type { Host } from './host-header.js';
import type { HostPredicate } from './host-pattern.js';

/** Predicates of the user's: one that says `true`, at once or by a promise, allows; one that throws or rejects does not. */
export class HostPredicates {
  readonly #predicates: HostPredicate[] = [];
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void = () => undefined) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#predicates.length;
  }

  add(predicate: HostPredicate): void {
    this.#predicates.push(predicate);
  }

  /** A promise only where a predicate gives one and none says `true` at once. */
  allow(host: Host, request: unknown): boolean | Promise<boolean> {
    const pending: Promise<boolean>[] = [];
    for (const predicate of this.#predicates) {
      try {
        const answer: unknown = predicate(host, request);
        if (answer === true) return true;
        if (answer instanceof Promise) {
          pending.push(
            answer.then((value: unknown) => value === true, this.#refuse),
          );
        }
      } catch (error) {
        this.#refuse(error);
      }
    }
    if (pending.length === 0) return false;
    return Promise.all(pending).then((answers) => answers.includes(true));
  }

  readonly #refuse = (error: unknown): false => {
    try {
      this.#onError(error);
    } catch {
      // Who is told may fail, too: the host is refused all the same.
    }
    return false;
  };
}
