// Sends raw requests to an application on both platforms and checks the responses with an independent implementation of
// the rules (oracle.mjs).
//   npm run fuzz -- --seed 7 --requests 200000     requests per platform
//   npm run fuzz -- --seed 7 --only 1234           sends one request and prints its responses
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sendAll } from './client.mjs';
import { BEFORE_ROUTING, judge } from './oracle.mjs';
import { makeRequest } from './requests.mjs';
import { SETTINGS } from './settings.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    requests: { type: 'string', default: '200000' },
    platform: {
      type: 'string',
      multiple: true,
      default: ['express', 'fastify'],
    },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const CONNECTIONS = 8;
const PIPELINED = 16;
const ROUND = 3000;
const HEAP_LIMIT_MB = 8;
const MAX_EXAMPLES = 5;

const found = JSON.parse(
  readFileSync(join(import.meta.dirname, 'found.json'), 'utf8'),
);

class Server {
  #exited;

  constructor(platform, settingName) {
    this.child = fork(
      join(import.meta.dirname, 'server.mjs'),
      [platform, settingName],
      { execArgv: ['--expose-gc', '--disable-warning=DEP0170'] },
    );
    this.#exited = once(this.child, 'exit');
  }

  async started() {
    const [{ port }] = await this.#message();
    this.port = port;
  }

  async request(command) {
    const message = this.#message();
    this.child.send(command);
    const [response] = await message;
    return response;
  }

  /** Closes the application. Its process must exit by itself. */
  async stop() {
    await this.request('close');
    const limit = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    const [code, signal] = await this.#exited;
    clearTimeout(limit);
    return code === 0 ? undefined : `the server exited with ${code ?? signal}`;
  }

  /** Returns the next message, and throws if the server exits first. */
  #message() {
    return Promise.race([
      once(this.child, 'message'),
      this.#exited.then(([code, signal]) => {
        throw new Error(`the server crashed: ${code ?? signal}`);
      }),
    ]);
  }
}

const CHECKS = {
  replay: 'earlier findings stay fixed',
  ran: 'no code of the application ran for a disallowed host',
  read: 'the application read allowed hosts only',
  inner: 'no request inside a body was served',
  served: 'no disallowed host got a status below 400 or 100 Continue',
  refused: 'no allowed host was refused',
  fault: 'no status of 500 or above, and no missing response',
  quiet: 'no unhandled rejection, exception or logged error',
  heap: `the heap after garbage collection grew by at most ${HEAP_LIMIT_MB} MB`,
  handles: 'no connection stayed open, and the process exited by itself',
  useful: 'at least a tenth was served, and at least a tenth refused',
};

class Findings {
  /** @type {Map<string, string[]>} */
  #all = new Map(Object.keys(CHECKS).map((check) => [check, []]));

  add(check, text) {
    this.#all.get(check).push(text);
  }

  /** Prints the findings of each failed check and returns the number of failed checks. */
  print(name) {
    let failed = 0;
    for (const [check, texts] of this.#all) {
      if (texts.length === 0) continue;
      failed++;
      console.log(`FAILED  ${name}: ${CHECKS[check]} (${texts.length})`);
      for (const text of texts.slice(0, MAX_EXAMPLES))
        console.log(`        ${text}`);
    }
    return failed;
  }
}

/** Escapes bytes for the log. */
const printable = (bytes) =>
  JSON.stringify(bytes.slice(0, 300)).replace(
    /[\x7f-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16)}`,
  );

const REFUSAL = 'Host not allowed';

/** Checks one response and returns its column in the table. */
function checkResponse(request, response, verdict, findings) {
  const label = `--seed ${seed} --only ${request.index}: ${printable(request.bytes)}`;
  if (response === null) return 'closed';
  const { status, interim, body } = response;
  if (status === 0 || status >= 500)
    findings.add(
      'fault',
      `${status} ${JSON.stringify(body.slice(0, 100))} to ${label}`,
    );
  const refused = body.includes(REFUSAL);
  if (refused && verdict.route) findings.add('refused', label);
  const continued = interim.length > 0 && !verdict.server;
  if (continued || (status < 400 && !verdict.gate))
    findings.add('served', `${[...interim, status].join()} to ${label}`);
  if (refused || (status === 400 && !verdict.gate)) return 'refused';
  return status < 400 ? 'served' : 'other';
}

function checkRun({ ran, problems }, requests, setting, findings) {
  for (const [id, what, read, disconnected] of ran) {
    const request = requests.get(id);
    if (request === undefined) {
      findings.add('inner', `${what} ran for ${id}`);
      continue;
    }
    const label = `${what}: --seed ${seed} --only ${id}: ${printable(request.bytes)}`;
    const verdict = judge(request, setting);
    if (!verdict.handler(what, disconnected)) findings.add('ran', label);
    if (
      !(what in BEFORE_ROUTING) &&
      !read.every((value) => verdict.reads(value, what))
    )
      findings.add('read', `${JSON.stringify(read)} in ${label}`);
  }
  for (const text of problems) findings.add('quiet', text);
}

/** Sends `count` requests, beginning with request `from`, over several connections and adds to `counts`. */
async function sendRound(server, setting, from, count, findings, counts) {
  const requests = Array.from({ length: count }, (_, i) =>
    makeRequest(seed, from + i),
  );
  const batches = [];
  for (let at = 0; at < count; at += PIPELINED)
    batches.push(requests.slice(at, at + PIPELINED));
  const connections = Array.from({ length: CONNECTIONS }, async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const responses = await sendAll(server.port, batch);
      for (const [i, request] of batch.entries()) {
        const verdict = judge(request, setting);
        counts[checkResponse(request, responses[i], verdict, findings)]++;
      }
    }
  });
  await Promise.all(connections);
  const byId = new Map(
    requests.map((request) => [`${request.index}`, request]),
  );
  checkRun(await server.request('report'), byId, setting, findings);
}

async function replay(server, settingName, findings) {
  for (const { why, settings, bytes, runs } of found) {
    if (settings && !settings.includes(settingName)) continue;
    const method = bytes.slice(0, bytes.indexOf(' '));
    await sendAll(server.port, [{ method, bytes, alone: true }]);
    const { ran } = await server.request('report');
    if (ran.length > 0 !== runs) findings.add('replay', why);
  }
}

async function fuzz(platform, settingName, count) {
  const findings = new Findings();
  const counts = { served: 0, refused: 0, other: 0, closed: 0 };
  const setting = SETTINGS[settingName];
  const server = new Server(platform, settingName);
  let seconds = 0;
  let growth = 0;
  try {
    await server.started();
    await replay(server, settingName, findings);
    // The first round compiles code and fills caches, which stay in memory.
    let sent = Math.min(ROUND, count);
    const startedAt = performance.now();
    await sendRound(server, setting, 0, sent, findings, counts);
    const before = await server.request('heap');
    while (sent < count) {
      const next = Math.min(ROUND, count - sent);
      await sendRound(server, setting, sent, next, findings, counts);
      sent += next;
    }
    seconds = (performance.now() - startedAt) / 1000;
    const after = await server.request('heap');
    growth = (after.heap - before.heap) / 2 ** 20;
    if (growth > HEAP_LIMIT_MB) findings.add('heap', `${growth.toFixed(1)} MB`);
    if (after.connections > 0)
      findings.add('handles', `${after.connections} connections`);
    const fault = await server.stop();
    if (fault) findings.add('handles', fault);
  } catch (error) {
    findings.add('quiet', error.message);
    server.child.kill('SIGKILL');
  }
  if (counts.served < count / 10 || counts.refused < count / 10)
    findings.add('useful', JSON.stringify(counts));
  return { findings, counts, seconds, growth };
}

async function sendOne(index) {
  const request = makeRequest(seed, index);
  console.log(request.bytes);
  for (const platform of values.platform) {
    for (const [settingName, setting] of Object.entries(SETTINGS)) {
      const server = new Server(platform, settingName);
      await server.started();
      const [response] = await sendAll(server.port, [
        { ...request, alone: true },
      ]);
      const verdict = judge(request, setting);
      const { ran } = await server.request('report');
      console.log({ platform, settingName, response, verdict });
      console.log(JSON.stringify(ran));
      await server.stop();
    }
  }
}

async function main() {
  console.log(`seed ${seed}`);
  if (values.only !== undefined) return sendOne(Number(values.only));
  const settings = Object.keys(SETTINGS);
  const share = Math.ceil(Number(values.requests) / settings.length);
  const tally = { passed: 0, failed: 0 };
  const rows = [];
  for (const platform of values.platform) {
    for (const settingName of settings) {
      const name = `${platform}, ${settingName}`;
      const { findings, counts, seconds, growth } = await fuzz(
        platform,
        settingName,
        share,
      );
      const failed = findings.print(name);
      tally.failed += failed;
      tally.passed += Object.keys(CHECKS).length - failed;
      rows.push({
        application: name,
        requests: share,
        'per s': Math.round(share / seconds),
        ...counts,
        'heap MB': Number(growth.toFixed(1)),
      });
    }
  }
  console.table(rows);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

await main();
