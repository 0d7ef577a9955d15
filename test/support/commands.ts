import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Whether a command runs on this machine, called with arguments that do nothing. */
export const isInstalled = (
  command: string,
  ...args: readonly string[]
): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const children = new Set<ChildProcess>();

/**
 * Starts a command; {@link endAll} ends it.
 *
 * @param more `ipc` adds a channel for messages
 */
export function run(
  command: string,
  args: readonly string[],
  ...more: readonly 'ipc'[]
): ChildProcess {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit', ...more],
    detached: true, // the leader of a process group
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/**
 * Ends the commands of this file with their own processes, also after a test that failed. The workers of an nginx that is
 * killed alone would stay, and keep Jest from ending.
 */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...children].map(async (child) => {
      const ended = once(child, 'exit');
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await ended;
    }),
  );
}

/** How a process ended: its exit code, or the signal that ended it. */
export type End = readonly [code: number | null, signal: string | null];

/** Sends SIGTERM and waits for the end. A process that does not end by itself ends with SIGKILL. */
export async function terminate(
  child: ChildProcess,
  killAfterMs: number,
): Promise<End> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [code, signal] = (await ended) as [number | null, string | null];
  clearTimeout(timer);
  return [code, signal];
}
