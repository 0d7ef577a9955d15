// Raw requests against an application on both platforms, checked by a second reading of the rules (oracle.mjs).
//   npm run fuzz -- --seed 7 --requests 200000     per platform
//   npm run fuzz -- --seed 7 --only 1234           one request, shown with its answers
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
const SHOWN = 5;

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

  async ask(question) {
    const message = this.#message();
    this.child.send(question);
    const [answer] = await message;
    return answer;
  }

  /** Closes the application; its process has to end by itself. */
  async stop() {
    await this.ask('close');
    const limit = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    const [code, signal] = await this.#exited;
    clearTimeout(limit);
    return code === 0 ? undefined : `it ended with ${code ?? signal}`;
  }

  /** The next message; a server that is gone is a crash. */
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
  replay: 'earlier findings stay mended',
  ran: 'no code of the user ran for a disallowed host',
  read: 'whatever code could read was an allowed host',
  inner: 'no request ran out of a body',
  answered: 'a disallowed host got no answer below 400, nor 100 Continue',
  refused: 'no allowed host was refused',
  fault: 'no answer of 500 or more, none missing in time',
  quiet: 'no unhandled rejection, exception or logged error',
  heap: `heap after gc within ${HEAP_LIMIT_MB} MB of the start`,
  handles: 'no connection left open, and the process ends by itself',
  useful: 'enough was served, and enough refused, to mean something',
};

class Findings {
  /** @type {Map<string, string[]>} */
  #all = new Map(Object.keys(CHECKS).map((check) => [check, []]));

  add(check, text) {
    this.#all.get(check).push(text);
  }

  /** Prints what failed; returns how many checks did. */
  print(name) {
    let failed = 0;
    for (const [check, texts] of this.#all) {
      if (texts.length === 0) continue;
      failed++;
      console.log(`FAILED  ${name}: ${CHECKS[check]} (${texts.length})`);
      for (const text of texts.slice(0, SHOWN)) console.log(`        ${text}`);
    }
    return failed;
  }
}

/** Bytes that can be told apart in a log. */
const quoted = (bytes) =>
  JSON.stringify(bytes.slice(0, 300)).replace(
    /[\x7f-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16)}`,
  );

const REFUSED = 'Host not allowed';

/** Checks one answer; says what it was, for the table. */
function checkAnswer(request, answer, verdict, findings) {
  const shown = `--seed ${seed} --only ${request.index}: ${quoted(request.bytes)}`;
  if (answer === null) return 'closed';
  const { status, interim, body } = answer;
  if (status === 0 || status >= 500)
    findings.add(
      'fault',
      `${status} ${JSON.stringify(body.slice(0, 100))} to ${shown}`,
    );
  const refused = body.includes(REFUSED);
  if (refused && verdict.route) findings.add('refused', shown);
  const invited = interim.length > 0 && !verdict.server;
  if (invited || (status < 400 && !verdict.gate))
    findings.add('answered', `${[...interim, status].join()} to ${shown}`);
  if (refused || (status === 400 && !verdict.gate)) return 'refused';
  return status < 400 ? 'served' : 'other';
}

function checkRun({ ran, problems }, requests, setting, findings) {
  for (const [id, what, read, gone] of ran) {
    const request = requests.get(id);
    if (request === undefined) {
      findings.add('inner', `${what} ran for ${id}`);
      continue;
    }
    const shown = `${what}: --seed ${seed} --only ${id}: ${quoted(request.bytes)}`;
    const verdict = judge(request, setting);
    if (!verdict.handler(what, gone)) findings.add('ran', shown);
    if (
      !(what in BEFORE_ROUTING) &&
      !read.every((value) => verdict.reads(value, what))
    )
      findings.add('read', `${JSON.stringify(read)} in ${shown}`);
  }
  for (const text of problems) findings.add('quiet', text);
}

/** Sends requests from `from` on over several connections; adds to the counts. */
async function round(server, setting, from, count, findings, counts) {
  const requests = Array.from({ length: count }, (_, i) =>
    makeRequest(seed, from + i),
  );
  const batches = [];
  for (let at = 0; at < count; at += PIPELINED)
    batches.push(requests.slice(at, at + PIPELINED));
  const work = Array.from({ length: CONNECTIONS }, async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const answers = await sendAll(server.port, batch);
      for (const [i, request] of batch.entries()) {
        const verdict = judge(request, setting);
        counts[checkAnswer(request, answers[i], verdict, findings)]++;
      }
    }
  });
  await Promise.all(work);
  const byId = new Map(
    requests.map((request) => [`${request.index}`, request]),
  );
  checkRun(await server.ask('report'), byId, setting, findings);
}

async function replay(server, settingName, findings) {
  for (const { why, settings, bytes, runs } of found) {
    if (settings && !settings.includes(settingName)) continue;
    const method = bytes.slice(0, bytes.indexOf(' '));
    await sendAll(server.port, [{ method, bytes, alone: true }]);
    const { ran } = await server.ask('report');
    if (ran.length > 0 !== runs) findings.add('replay', why);
  }
}

async function fuzz(platform, settingName, count) {
  const findings = new Findings();
  const counts = { served: 0, refused: 0, other: 0, closed: 0 };
  const setting = SETTINGS[settingName];
  const server = new Server(platform, settingName);
  let seconds = 0;
  let grown = 0;
  try {
    await server.started();
    await replay(server, settingName, findings);
    // The first round warms up what is kept for good: compiled code, caches.
    let sent = Math.min(ROUND, count);
    const startedAt = performance.now();
    await round(server, setting, 0, sent, findings, counts);
    const before = await server.ask('heap');
    while (sent < count) {
      const next = Math.min(ROUND, count - sent);
      await round(server, setting, sent, next, findings, counts);
      sent += next;
    }
    seconds = (performance.now() - startedAt) / 1000;
    const after = await server.ask('heap');
    grown = (after.heap - before.heap) / 2 ** 20;
    if (grown > HEAP_LIMIT_MB) findings.add('heap', `${grown.toFixed(1)} MB`);
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
  return { findings, counts, seconds, grown };
}

async function show(index) {
  const request = makeRequest(seed, index);
  console.log(request.bytes);
  for (const platform of values.platform) {
    for (const [settingName, setting] of Object.entries(SETTINGS)) {
      const server = new Server(platform, settingName);
      await server.started();
      const [answer] = await sendAll(server.port, [
        { ...request, alone: true },
      ]);
      const verdict = judge(request, setting);
      const { ran } = await server.ask('report');
      console.log({ platform, settingName, answer, verdict });
      console.log(JSON.stringify(ran));
      await server.stop();
    }
  }
}

async function main() {
  console.log(`seed ${seed}`);
  if (values.only !== undefined) return show(Number(values.only));
  const settings = Object.keys(SETTINGS);
  const share = Math.ceil(Number(values.requests) / settings.length);
  const tally = { passed: 0, failed: 0 };
  const rows = [];
  for (const platform of values.platform) {
    for (const settingName of settings) {
      const name = `${platform}, ${settingName}`;
      const { findings, counts, seconds, grown } = await fuzz(
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
        'heap MB': Number(grown.toFixed(1)),
      });
    }
  }
  console.table(rows);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

await main();
