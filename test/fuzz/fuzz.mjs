import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checks } from './checks.mjs';
import { sendAll } from './client/send.mjs';
import { Findings, HEAP_LIMIT_MB } from './findings.mjs';
import { makeRequest } from './requests/make.mjs';
import { ServerProcess } from './server-process.mjs';
import { SETTINGS } from './settings.mjs';

const CONNECTIONS = 8;
const PIPELINED = 16;
const ROUND = 1000;
const ROUND_AT_END = 300;

const found = JSON.parse(
  readFileSync(join(import.meta.dirname, 'found.json'), 'utf8'),
);

/**
 * Sends `count` requests of a seed to one application, and ends it while requests are under way.
 *
 * @param minutes after that time it sends no further round
 */
export async function fuzz(seed, platform, settingName, { count, minutes }) {
  const run = new Run(seed, platform, settingName);
  const result = { perSecond: 0, growth: 0, sent: 0 };
  try {
    await run.server.started();
    await run.replay();
    // The first round compiles code and fills caches, which stay in memory.
    const startedAt = performance.now();
    await run.round(Math.min(ROUND, count));
    const before = await run.server.request('heap');
    const stopAt = startedAt + minutes * 60_000;
    while (run.sent < count && performance.now() < stopAt)
      await run.round(Math.min(ROUND, count - run.sent));
    result.perSecond = run.sent / ((performance.now() - startedAt) / 1000);
    const after = await run.server.request('heap');
    result.growth = (after.heap - before.heap) / 2 ** 20;
    if (result.growth > HEAP_LIMIT_MB)
      run.findings.add('heap', `${result.growth.toFixed(1)} MB`);
    if (after.connections > 0)
      run.findings.add('handles', `${after.connections} connections`);
    // At the end, most connections are refused.
    const least = run.sent / 20;
    const { served, refused } = run.checks.counts;
    const refusesNone = SETTINGS[settingName].mode === 'report';
    if (served < least || (refused < least && !refusesNone))
      run.findings.add('useful', JSON.stringify(run.checks.counts));
    await run.end();
    result.sent = run.sent;
  } catch (error) {
    run.findings.add('quiet', error.stack);
    run.server.kill();
  }
  const { findings } = run;
  return { ...result, findings, counts: run.checks.counts };
}

class Run {
  sent = 0;
  findings = new Findings();
  #seed;
  #settingName;
  #setting;
  #rounds = 0;
  #previous = [];

  constructor(seed, platform, settingName) {
    this.#seed = seed;
    this.#settingName = settingName;
    this.#setting = SETTINGS[settingName];
    this.server = new ServerProcess(platform, settingName, this.#setting);
    this.checks = new Checks(seed, this.#setting, this.findings);
  }

  /** Sends the requests of earlier findings. */
  async replay() {
    for (const { why, settings, runs, reported, ...request } of found) {
      if (settings && !settings.includes(this.#settingName)) continue;
      if (this.#setting.mode === 'report' && !runs) continue;
      const { protocol = 'http1' } = request;
      if (!this.#setting.protocols.includes(protocol)) continue;
      const method = request.bytes?.slice(0, request.bytes.indexOf(' '));
      await sendAll(this.server, [
        { protocol, peer: '127.0.0.1', method, alone: true, ...request },
      ]);
      const { ran, refused } = await this.server.request('report');
      const isReported = refused.length > 0;
      if (ran.length > 0 !== runs || (reported && !isReported))
        this.findings.add('replay', why);
    }
  }

  /** Sends `count` requests. In every second round the list and the lookup change. */
  async round(count) {
    const churns = this.#setting.changing && this.#rounds++ % 2 === 1;
    if (churns) await this.server.request('churn');
    this.checks.isSettled = !churns;
    const requests = await this.#send(count, () => false);
    if (churns) await this.server.request('settle');
    this.#report(await this.server.request('report'), requests);
  }

  /**
   * Ends the application while requests are under way, and sends more as long as it responds. A client that went on would
   * connect to itself some time: nobody listens on the port any more, and clients get ports of the same range.
   */
  async end() {
    this.checks.isEnding = true;
    this.checks.isSettled = true;
    const ended = this.server.end(this.#setting.end);
    const requests = [];
    const { counts } = this.checks;
    const responses = () => counts.served + counts.refused + counts.other;
    for (let before = -1; before < responses() && !this.server.hasExited;) {
      before = responses();
      const hasExited = () => this.server.hasExited;
      requests.push(...(await this.#send(ROUND_AT_END, hasExited)));
      await sleep(50);
    }
    const { fault, ...report } = await ended;
    if (fault) this.findings.add('handles', fault);
    this.#report(report, requests);
  }

  /** The server may serve a request of the round before, if the client has disconnected without a response. */
  #report(report, requests) {
    this.checks.report(report, byId([...this.#previous, ...requests]));
    this.#previous = requests;
  }

  /** Sends the next requests over several connections and checks the responses. */
  async #send(count, isOver) {
    const requests = Array.from({ length: count }, () =>
      makeRequest(this.#seed, this.sent++, this.#setting),
    );
    for (const request of requests) request.isSettled = this.checks.isSettled;
    const batches = [];
    for (let at = 0; at < count; at += PIPELINED)
      batches.push(requests.slice(at, at + PIPELINED));
    const connections = Array.from({ length: CONNECTIONS }, async () => {
      for (let batch = batches.pop(); batch; batch = batches.pop()) {
        if (isOver()) return;
        const responses = await sendAll(this.server, batch);
        for (const [i, request] of batch.entries())
          this.checks.response(request, responses[i]);
      }
    });
    await Promise.all(connections);
    return requests;
  }
}

const byId = (requests) =>
  new Map(requests.map((request) => [`${request.index}`, request]));
