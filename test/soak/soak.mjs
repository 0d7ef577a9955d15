import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Findings } from '../fuzz/findings.mjs';
import { ServerProcess } from '../fuzz/server-process.mjs';
import { ClientChecks } from './load/checks.mjs';
import { Load } from './load/load.mjs';
import { changeMetadata, startMetadata } from './load/metadata.mjs';
import { verdictOn } from './verdict.mjs';

const METADATA_MS = 3000;
const SAMPLES = 60;
/** On a busy machine a measurement takes a second, in which the application serves little. */
const MIN_INTERVAL_MS = 3000;
const MAX_INTERVAL_MS = 10_000;
/** How long the application may take to notice that its clients are gone. */
const CLOSE_MS = 30_000;

export const CHECKS = {
  turn: 'each response on a kept connection was that to the request at its turn',
  status: 'each response had a status that the rules allow',
  lost: 'each valid request got a response',
  ran: 'no code of the application ran for a disallowed host',
  read: 'the application read allowed hosts only',
  inner: 'no request inside a body was served',
  served: 'no disallowed host got a status below 400 or 100 Continue',
  refused: 'no allowed host was refused',
  fault: 'no status of 500 or above but for a lookup that failed',
  quiet: 'no unhandled rejection, exception or logged error',
  useful:
    'each kind of client got responses, and at least a tenth of the requested load was sent',
  heap: 'the heap did not grow',
  sockets: 'the number of open sockets did not grow',
  resources: 'the number of active resources did not grow',
  cpu: 'the CPU time of a request did not grow',
  end: 'no connection stayed open after the load, and the process ended',
};

/** Serves requests of all kinds on one platform, and judges the samples of its process. */
export async function soak(platform, options) {
  const findings = new Findings(CHECKS);
  const checks = new ClientChecks(findings, options.seed);
  const metadata = await startMetadata();
  const server = new ServerProcess(platform, 'soak', {
    isSecure: false,
    main: join(import.meta.dirname, 'server/main.mjs'),
    env: { ...process.env, ...metadata.env },
  });
  const { counts } = checks;
  let verdict;
  try {
    await server.started();
    const samples = await serve(platform, server, checks, metadata, options);
    verdict = verdictOn(samples);
    for (const [check, sentence] of Object.entries(verdict.failures))
      findings.add(check, sentence);
    if (!isUseful(counts, options))
      findings.add('useful', JSON.stringify(counts));
    await end(server, checks, findings);
  } catch (error) {
    findings.add('quiet', error.stack);
    server.kill();
  }
  await metadata.stop();
  return { findings, counts, verdict };
}

/** Returns samples of the server's process under load. */
async function serve(platform, server, checks, metadata, options) {
  let turn = 0;
  const changes = setInterval(
    () => changeMetadata(metadata, turn++),
    METADATA_MS,
  );
  const load = new Load(server, checks, options);
  try {
    const { minutes } = options;
    return await sample(platform, server, load, checks, minutes);
  } finally {
    clearInterval(changes);
    await load.stop();
  }
}

function isUseful(counts, { rate, minutes }) {
  const sent = counts.numbered + counts.hostile;
  return (
    sent >= (rate * minutes * 60) / 10 && !Object.values(counts).includes(0)
  );
}

/** Takes samples of the server's process while the load runs. */
async function sample(platform, server, load, checks, minutes) {
  const totalMs = minutes * 60_000;
  const everyMs = Math.max(
    MIN_INTERVAL_MS,
    Math.min(MAX_INTERVAL_MS, totalMs / SAMPLES),
  );
  const samples = [];
  const startedAt = performance.now();
  let nextLine = 1;
  while (performance.now() - startedAt < totalMs) {
    // It rejects if a client fails by itself.
    await Promise.race([sleep(everyMs), load.running]);
    checks.report(await server.request('report'));
    samples.push(await server.request('measure'));
    const passed = Math.floor((performance.now() - startedAt) / 60_000);
    if (passed < nextLine) continue;
    nextLine = passed + 1;
    console.log(progress(platform, passed, samples.at(-1)));
  }
  return samples;
}

const progress = (platform, minutes, { heap, sockets, requests }) =>
  `${platform}, ${minutes} min: heap ${(heap / 2 ** 20).toFixed(1)} MB, ${sockets} sockets, ${requests} requests`;

/** Without clients no connection may be left, and the process must end by itself. */
async function end(server, checks, findings) {
  await server.request('pause');
  const limit = performance.now() + CLOSE_MS;
  let sockets;
  do {
    await sleep(100);
    ({ sockets } = await server.request('measure'));
  } while (sockets > 0 && performance.now() < limit);
  if (sockets > 0) findings.add('end', `${sockets} connections stayed open`);
  const { fault, ...report } = await server.end('close');
  checks.report(report);
  if (fault) findings.add('end', fault);
}
