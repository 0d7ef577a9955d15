/**
 * The CPU time of a refusal, and of the 404 of the same server for a listed host: `npm run bench:refusal -- [requests]`.
 * The server has 0, 10 and 400 routes with a rule; the targets are short, or of 15 kB. Ratios are taken within a run.
 * Each refused host is new.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { median, ratios, table } from './lib/figures.mjs';

const REQUESTS = Number(process.argv[2] ?? 3000);
const ROUNDS = 5;
const ROUTE_COUNTS = [0, 10, 400];
const LONG = '15 kB';
const TARGETS = {
  'a short path': '/nowhere/at-all',
  'a path with a rule': '/ruled-1/x/part-1',
  'an ambiguous path': '/ruled-1/%64ocs/../x%0A',
  [LONG]: `/ruled-1/${'%64ocs'.repeat(2500)}%0A`,
};

/** Sends requests over one connection, each after the response to the last one; returns the statuses. */
async function send(port, count, target, hostOf) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const statuses = new Set();
  let text = '';
  for (let i = 0; i < count; i++) {
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostOf(i)}\r\n\r\n`);
    for (;;) {
      const end = text.indexOf('\r\n\r\n');
      const size = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (end >= 0 && text.length >= end + 4 + size) {
        statuses.add(text.slice(9, 12));
        text = text.slice(end + 4 + size);
        break;
      }
      const [chunk] = await once(socket, 'data');
      text += chunk.toString('latin1');
    }
  }
  socket.destroy();
  return [...statuses].join();
}

let hosts = 0;

/** The CPU time of one refusal and of one 404 in each round, in microseconds. */
async function measureTarget(cpuUs, port, target, count) {
  const cpuPerRequest = async (path, hostOf, status) => {
    const before = await cpuUs();
    const got = await send(port, count, path, hostOf);
    if (got !== status)
      throw new Error(`${path.slice(0, 60)}: ${got} instead of ${status}`);
    return ((await cpuUs()) - before) / count;
  };
  const found = { refused: [], notFound: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    const newHost = () => `evil-${hosts++}.example`;
    const refused = await cpuPerRequest(target, newHost, '400');
    // The guard refuses a listed host on a path with a rule, so the 404 needs another path.
    const notFound = await cpuPerRequest(
      `/x${target}`,
      () => 'example.com',
      '404',
    );
    if (round === 0) continue; // warm-up
    found.refused.push(refused);
    found.notFound.push(notFound);
  }
  return found;
}

async function measureServer(platform, routes) {
  const child = fork(
    new URL('lib/refusal-server-child.mjs', import.meta.url),
    [platform, String(routes)],
    { stdio: 'ignore' },
  );
  const [port] = await once(child, 'message');
  const cpuUs = async () => {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return user + system;
  };
  const rows = [];
  for (const [name, target] of Object.entries(TARGETS)) {
    const count = name === LONG ? Math.ceil(REQUESTS / 10) : REQUESTS;
    const { refused, notFound } = await measureTarget(
      cpuUs,
      port,
      target,
      count,
    );
    rows.push([
      platform,
      routes,
      name,
      median(refused).toFixed(0),
      median(notFound).toFixed(0),
      median(ratios(refused, notFound)).toFixed(2),
    ]);
  }
  child.disconnect();
  await once(child, 'exit');
  return rows;
}

const rows = [];
for (const platform of ['express', 'fastify'])
  for (const routes of ROUTE_COUNTS)
    rows.push(...(await measureServer(platform, routes)));
console.log(
  table(
    [
      'platform',
      'routes with a rule',
      'target',
      'refusal, µs CPU',
      '404, µs CPU',
      'ratio',
    ],
    rows,
  ),
);
