// What the application holds and what it has used, measured in its own process.
import { subscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

let requests = 0;
// It counts refused requests too, which no listener of the application sees.
subscribe('http.server.request.start', () => requests++);

const pauses = monitorEventLoopDelay();
pauses.enable();

const cpuUs = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** What a measurement itself uses does not count. */
let excludedUs = 0;

/**
 * Measures the application while it serves.
 *
 * @param pause stops what would change the heap, for a moment
 */
export async function measure(server, pause, resume) {
  const startUs = cpuUs();
  const sample = {
    at: Date.now(),
    cpuUs: startUs - excludedUs,
    requests,
    pauseMs: pauses.max / 1e6,
  };
  const requestsBefore = requests;
  await pause();
  globalThis.gc();
  // Finalizers run, and what they release is collected then.
  await sleep(10);
  globalThis.gc();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const sockets = await new Promise((resolve) =>
    server.getConnections((_, open) => resolve(open)),
  );
  const resources = resourcesByType();
  const yardstickUs = yardstick();
  resume();
  pauses.reset();
  excludedUs += cpuUs() - startUs;
  // Requests that were served meanwhile count neither.
  requests = requestsBefore;
  return {
    ...sample,
    heap: heapUsed + arrayBuffers,
    rss,
    sockets,
    resources,
    yardstickUs,
  };
}

function resourcesByType() {
  const counts = {};
  for (const type of process.getActiveResourcesInfo())
    counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** The CPU time of a fixed piece of work: on a busy machine it grows as that of a request does. */
function yardstick() {
  const startUs = cpuUs();
  let length = 0;
  for (let i = 0; i < 5000; i++) {
    const text = JSON.stringify({ host: `tenant-${i}.example.com`, i });
    length += JSON.parse(text).host.split('.').length;
  }
  if (length !== 15_000) throw new Error(`unexpected: ${length}`);
  return cpuUs() - startUs;
}
