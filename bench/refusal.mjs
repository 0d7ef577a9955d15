/**
 * CPU of a refusal against that of the same server's 404 for a listed host: with 0, 10 and 400 routes that have a rule,
 * for short targets and for one of 15 kB. A ratio within one run, each new refused host once.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { median, table } from './figures.mjs';

const requests = Number(process.argv[2] ?? 3000);
const rounds = 5;
const targets = {
  'a short path': '/nowhere/at-all',
  'a ruled path': '/ruled-1/x/part-1',
  'an ambiguous path': '/ruled-1/%64ocs/../x%0A',
  '15 kB': `/ruled-1/${'%64ocs'.repeat(2500)}%0A`,
};

/** Sends requests over one connection, one after the other, and waits for each answer. */
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

async function measure(platform, ruled) {
  const child = fork(
    new URL('refusal-server.mjs', import.meta.url),
    [platform, String(ruled)],
    { stdio: 'ignore' },
  );
  const [port] = await once(child, 'message');
  const cpuUs = async () => {
    child.send('cpu');
    const [{ user, system }] = await once(child, 'message');
    return user + system;
  };
  const rows = [];
  let next = 0;
  for (const [name, target] of Object.entries(targets)) {
    const count = name === '15 kB' ? Math.ceil(requests / 10) : requests;
    const timed = async (hostOf, status) => {
      const before = await cpuUs();
      const got = await send(port, count, target, hostOf);
      if (got !== status) throw new Error(`${name}: ${got} and not ${status}`);
      return ((await cpuUs()) - before) / count;
    };
    const notFound = [];
    const refused = [];
    for (let round = 0; round <= rounds; round++) {
      // A ruled path answers a listed host with 400 from the guard, so the 404 is that of a path beside it.
      const a = await timed(() => `evil-${next++}.example`, '400');
      const b = await (async () => {
        const before = await cpuUs();
        await send(port, count, `/x${target}`, () => 'example.com');
        return ((await cpuUs()) - before) / count;
      })();
      if (round === 0) continue; // warms up
      refused.push(a);
      notFound.push(b);
    }
    rows.push([
      platform,
      ruled,
      name,
      median(refused).toFixed(0),
      median(notFound).toFixed(0),
      median(refused.map((value, i) => value / notFound[i])).toFixed(2),
    ]);
  }
  child.disconnect();
  await once(child, 'exit');
  return rows;
}

const rows = [];
for (const platform of ['express', 'fastify'])
  for (const ruled of [0, 10, 400])
    rows.push(...(await measure(platform, ruled)));
console.log(
  table(
    [
      'platform',
      'ruled routes',
      'target',
      'refusal, µs CPU',
      '404, µs CPU',
      'ratio',
    ],
    rows,
  ),
);
