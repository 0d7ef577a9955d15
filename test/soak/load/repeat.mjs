import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `run` every `everyMs`, or as soon as the last call has ended if that takes longer, until the load stops. */
export async function repeat(everyMs, signal, run) {
  await sleep(Math.random() * everyMs);
  while (!signal.aborted) {
    const next = sleep(everyMs);
    await run();
    await next;
  }
}
