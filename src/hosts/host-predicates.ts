import type { Host } from './host-header.js';
import type { HostPredicate } from './host-pattern.js';
import { isThenable } from './is-thenable.js';

/**
 * A host predicate did not settle in time, so it is unknown whether the host is
 * allowed.
 */
export class PredicateUnavailable extends Error {
  override readonly name = 'PredicateUnavailable';
}

/**
 * The predicates of a list. `true`, or a promise of `true`, allows a host; a
 * throw or a rejection does not.
 */
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

  /**
   * Whether a predicate allows a host. The result is a promise only if a
   * predicate returns a promise and none returns `true`.
   *
   * @param onError gets the error of each predicate that fails; by default the
   * one of the constructor
   * @throws {PredicateUnavailable} (as a rejection) if no predicate allows the
   * host within the time limit
   */
  allows(
    host: Host,
    request: unknown,
    onError = this.#onError,
  ): boolean | Promise<boolean> {
    const pending: Promise<boolean>[] = [];
    const refuse = (error: unknown): false => {
      try {
        onError(error);
      } catch {
        // The host is refused even if the callback throws.
      }
      return false;
    };
    for (const predicate of this.#predicates) {
      try {
        const result: unknown = predicate(host, request);
        if (result === true) return true;
        if (isThenable(result))
          pending.push(Promise.resolve(result).then(isTrue, refuse));
      } catch (error) {
        refuse(error);
      }
    }
    if (pending.length === 0) return false;
    return anyTrue(pending, refuse);
  }
}

function isTrue(value: unknown): boolean {
  return value === true;
}

/**
 * Whether a promise resolves to `true` within the time limit. The promises must
 * not reject.
 */
function anyTrue(
  pending: readonly Promise<boolean>[],
  onTimeout: (error: PredicateUnavailable) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let left = pending.length;
    const timer = setTimeout(() => {
      const error = new PredicateUnavailable(
        `a host predicate did not settle within ${TIMEOUT_MS} ms`,
      );
      onTimeout(error);
      reject(error);
    }, TIMEOUT_MS).unref();
    for (const promise of pending)
      void promise.then((allowed) => {
        left--;
        if (!allowed && left > 0) return;
        clearTimeout(timer);
        resolve(allowed);
      });
  });
}

const TIMEOUT_MS = 1000;
