import { errorMessage } from '../messages/error-message.js';
import type { Finder, Finding } from './discovery-plan.js';
import { printable } from '../messages/printable.js';

/** What became of one finder in one round. */
export type Outcome =
  { readonly finding: Finding } | { readonly failure: string };

/** Long enough for an endpoint, what came, and a command to copy. */
const LONGEST_FAILURE = 600;

/**
 * Asks all finders side by side. Settles when all have answered or `signal` is aborted, whichever is first;
 * never rejects.
 */
export function askAll(
  finders: readonly Finder[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  return Promise.all(
    finders.map(async (finder): Promise<Outcome> => {
      try {
        return { finding: await untilAborted(finder, signal) };
      } catch (error) {
        const why = errorMessage(error);
        const failure = printable(`${finder.name}: ${why}`, LONGEST_FAILURE);
        return { failure };
      }
    }),
  );
}

/** A source of ours rejects at once when it is aborted, and says more than we can here; others may hang for ever. */
const GRACE_MS = 25;

function untilAborted(finder: Finder, signal: AbortSignal): Promise<Finding> {
  const askedAt = performance.now();
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      const waited = Math.round(performance.now() - askedAt);
      setTimeout(
        () => reject(new Error(`did not answer in ${waited} ms`)),
        GRACE_MS,
      ).unref();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    finder
      .find(signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}
