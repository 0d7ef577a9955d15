import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOM = fileURLToPath(new URL('room.mjs', import.meta.url));

/**
 * Runs Stryker for a room in a process group of its own, and ends the whole group: a Stryker that is stopped leaves its
 * copy of the project behind, and the process that a mutant keeps busy.
 *
 * @param parts what to mutate
 * @param milliseconds after which the run is stopped
 * @param loading whether code that runs while modules load is mutated: `never`, `also` or `only`
 * @returns the results so far, the number of mutants if it is known, and how the run ended
 */
export async function runRoom(room, parts, { milliseconds, loading }) {
  const copy = `build/mutation/${room}-${process.pid}.tmp`;
  const args = [room, copy, loading, ...parts];
  const child = fork(ROOM, args, { detached: true });
  const results = [];
  let total;
  child.on('message', ({ mutants = total, result }) => {
    total = mutants;
    if (result !== undefined) results.push(result);
  });
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    killGroup(child.pid);
  };
  const timer =
    milliseconds === Infinity ? undefined : setTimeout(stop, milliseconds);
  const onSignal = (signal) => {
    killGroup(child.pid);
    remove(copy);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  for (const signal of SIGNALS) process.off(signal, onSignal);
  killGroup(child.pid);
  remove(copy);
  const ended = isStopped ? 'stopped' : code === 0 ? 'complete' : 'failed';
  return { ended, results, total };
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'];

function remove(folder) {
  rmSync(folder, { force: true, maxRetries: 10, recursive: true });
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // All have ended.
    if (error.code !== 'ESRCH') throw error;
  }
}
