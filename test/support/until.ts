import { setTimeout } from 'node:timers/promises';

const GIVE_UP_AFTER_MS = 240_000;

/**
 * Waits until a condition holds. Names the condition if it never does, which a timeout of Jest cannot.
 *
 * @param found what there is instead
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  found: () => string = () => '',
): Promise<void> {
  const limit = performance.now() + GIVE_UP_AFTER_MS;
  while (!(await condition())) {
    if (performance.now() > limit)
      throw new Error(`Never: ${String(condition)} ${found()}`);
    await setTimeout(5);
  }
}
