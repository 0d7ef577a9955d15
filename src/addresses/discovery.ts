import { errorMessage } from '../messages/error-message.js';
import { printable } from '../messages/printable.js';
import type { PlannedSource, SourceResult } from './discovery-plan.js';

/** The result of one source in one discovery, or the sentence why it failed. */
export type SourceOutcome =
  { readonly result: SourceResult } | { readonly failure: string };

/**
 * Queries all sources in parallel. Settles when all have responded or shortly after `signal` aborts, whichever is
 * first; never rejects.
 */
export function queryAll(
  sources: readonly PlannedSource[],
  signal: AbortSignal,
): Promise<readonly SourceOutcome[]> {
  return Promise.all(
    sources.map(async (source): Promise<SourceOutcome> => {
      try {
        return { result: await queryUntilAborted(source, signal) };
      } catch (error) {
        const sentence = `${source.name}: ${errorMessage(error)}`;
        return { failure: printable(sentence, LONGEST_FAILURE) };
      }
    }),
  );
}

function queryUntilAborted(
  source: PlannedSource,
  signal: AbortSignal,
): Promise<SourceResult> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      const elapsedMs = Math.round(performance.now() - startedAt);
      setTimeout(
        () => reject(new Error(`did not respond within ${elapsedMs} ms`)),
        GRACE_MS,
      ).unref();
    };
    signal.addEventListener('abort', onAbort);
    source
      .query(signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Long enough for an endpoint, a part of its response, and a command to copy. */
const LONGEST_FAILURE = 600;
/** The built-in sources reject at once when aborted, with a more precise error than this file has. Others may hang. */
const GRACE_MS = 25;
