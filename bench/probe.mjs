/**
 * Figures of `/health`: `npm run bench:probe -- [probes]`.
 * 1. The CPU time of a probe, and that of a probe of Terminus alone with the same indicator, in turns. The library also
 *    checks the host, and has its own check of the list of hosts.
 * 2. The checks at once under 200 probes a second, while each check takes a second.
 * 3. What a stranger reads from the response.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { ratios, spread, table } from './lib/figures.mjs';

const PROBES = Number(process.argv[2] ?? 5_000);
const ROUNDS = 7;
const TERMINUS = 'Terminus alone';
const LIBRARY = 'this library';
const PROBES_PER_SECOND = 200;
const SECONDS = 5;

/** An application with a health route, in a process of its own. */
class Server {
  static async start(platform, variant, checkMs = 0) {
    const child = fork(
      new URL('lib/probe-child.mjs', import.meta.url),
      [platform, variant, String(checkMs)],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    const [port] = await once(child, 'message');
    return new Server(child, port);
  }

  #agent = new Agent({ keepAlive: true });

  constructor(child, port) {
    this.child = child;
    this.port = port;
  }

  async probe() {
    const sent = request({
      port: this.port,
      host: '127.0.0.1',
      path: '/health',
      agent: this.#agent,
      headers: {
        Host: '10.0.3.17:3000',
        'User-Agent': 'ELB-HealthChecker/2.0',
      },
    }).end();
    const [response] = await once(sent, 'response');
    const body = await text(response);
    if (response.statusCode !== 200) throw new Error(body);
    return body;
  }

  /** The CPU time of one probe in microseconds. */
  async cpuPerProbe(probes) {
    const before = (await this.figures()).cpuUs;
    for (let i = 0; i < probes; i++) await this.probe();
    return ((await this.figures()).cpuUs - before) / probes;
  }

  async figures() {
    this.child.send('figures');
    const [figures] = await once(this.child, 'message');
    return figures;
  }

  async stop() {
    this.#agent.destroy();
    this.child.disconnect();
    await once(this.child, 'exit');
  }
}

async function measureCpu(platform) {
  const servers = [];
  for (const variant of [TERMINUS, LIBRARY])
    servers.push(await Server.start(platform, variant));
  const found = servers.map(() => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [i, server] of servers.entries()) {
      const cpu = await server.cpuPerProbe(PROBES);
      if (round > 0) found[i].push(cpu); // the first round warms up
    }
  for (const server of servers) await server.stop();
  const [terminus, library] = found;
  return [
    platform,
    spread(terminus),
    spread(library),
    spread(ratios(library, terminus)),
  ];
}

async function measureAtOnce(platform, variant) {
  const server = await Server.start(platform, variant, 1_000);
  const probes = [];
  const start = performance.now();
  for (let i = 0; i < PROBES_PER_SECOND * SECONDS; i++) {
    probes.push(server.probe());
    await setTimeout(
      start + (i * 1000) / PROBES_PER_SECOND - performance.now(),
    );
  }
  const bodies = await Promise.all(probes);
  const { checks, mostAtOnce } = await server.figures();
  await server.stop();
  return {
    row: [platform, variant, probes.length, checks, mostAtOnce],
    body: bodies[0],
  };
}

console.log(
  table(
    ['platform', `${TERMINUS}, µs CPU`, `${LIBRARY}, µs CPU`, 'ratio'],
    [await measureCpu('express'), await measureCpu('fastify')],
  ),
);
const rows = [];
let response = '';
for (const platform of ['express', 'fastify'])
  for (const variant of [TERMINUS, LIBRARY]) {
    const { row, body } = await measureAtOnce(platform, variant);
    rows.push(row);
    if (variant === LIBRARY) response = body;
  }
console.log(
  `\n${PROBES_PER_SECOND} probes a second for ${SECONDS} s, of a check that takes 1 s:\n${table(['platform', 'health', 'probes', 'checks', 'checks at once'], rows)}`,
);
const words = [...new Set(response.match(/\w+/g))];
console.log(
  `\nA stranger reads ${Buffer.byteLength(response)} bytes with the words ${words.join(', ')}:\n${response}`,
);
