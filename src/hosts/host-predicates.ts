import type { Host } from './host-header.js';
import type { HostPredicate } from './host-pattern.js';

/** A host predicate did not settle in time, so the host can neither be allowed nor refused for good. */
export class PredicateUnavailable extends Error {
  override readonly name = 'PredicateUnavailable';
}

/** Predicates of the application: `true`, or a promise of `true`, allows; a throw or a rejection does not. */
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
   * A promise only where a predicate returns a promise and none returns `true` at once.
   *
   * @param onError gets what each predicate fails with; by default the constructor's
   * @throws {PredicateUnavailable} (rejects with it) where no predicate allows within the time limit
   */
  allow(
    host: Host,
    request: unknown,
    onError = this.#onError,
  ): boolean | Promise<boolean> {
    const pending: Promise<boolean>[] = [];
    const refuse = (error: unknown): false => {
      try {
        onError(error);
      } catch {
        // The callback may throw, too: the host is refused all the same.
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
    return anyTrue(pending, (error) => {
      refuse(error);
      return error;
    });
  }
}

/** Any thenable, as `await` takes it: promises of another realm or library are not an `instanceof Promise`. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) ||
      typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

const isTrue = (value: unknown): boolean => value === true;

/** Whether one of the promises, none of which rejects, resolves to `true` within the time limit. */
function anyTrue(
  pending: readonly Promise<boolean>[],
  late: (error: PredicateUnavailable) => PredicateUnavailable,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let left = pending.length;
    const timer = setTimeout(
      () =>
        reject(
          late(
            new PredicateUnavailable(
              `a host predicate did not settle within ${TIMEOUT_MS} ms`,
            ),
          ),
        ),
      TIMEOUT_MS,
    ).unref();
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
