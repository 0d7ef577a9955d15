import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { compile } from '../test/support/compile.mjs';

const BIN_MS = 100;
const CALM_MS = 1_000;
const APP = 'test/balancers/app';
const RESTART = 'test/balancers/rolling-restart';
const SOURCES = [
  `${APP}.ts`,
  `${RESTART}.ts`,
  'test/balancers/haproxy.ts',
  'test/balancers/instance.ts',
  'test/balancers/load.ts',
  'test/support/commands.ts',
  'test/support/processes.mjs',
  'test/support/until.ts',
];
const RUNS = [
  { platform: 'express', graceMs: 2_000 },
  { platform: 'express', graceMs: 0 },
  { platform: 'fastify', graceMs: 2_000 },
  { platform: 'fastify', graceMs: 0 },
];

/** Rolling restarts of three processes behind HAProxy under load, as in test/balancers/. */
export async function measure() {
  const folder = compile(SOURCES, 12);
  try {
    const load = (path) => import(join(folder, `${path}.js`));
    const { hasHaproxy } = await load('test/balancers/haproxy');
    if (!hasHaproxy) return { skipped: 'HAProxy is not installed' };
    const { RollingRestart } = await load(RESTART);
    const { endAll } = await load('test/support/commands');
    const runs = [];
    for (const settings of RUNS) {
      const app = join(folder, `${APP}.js`);
      runs.push(await measureRun(RollingRestart, app, settings));
      await endAll();
    }
    return { binMs: BIN_MS, runs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The requests that were answered and lost in each interval, and the time of each SIGTERM. */
async function measureRun(RollingRestart, app, settings) {
  const answered = [];
  const lost = [];
  let startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const onEnd = (isLost) => {
    const bin = Math.floor(elapsedMs() / BIN_MS);
    const counts = isLost ? lost : answered;
    counts[bin] = (counts[bin] ?? 0) + 1;
  };
  const options = { workers: 16, pauseMs: 10, onEnd };
  const restart = await RollingRestart.prepare(app, settings, options);
  startedAt = performance.now();
  answered.length = lost.length = 0;
  const signalsMs = [];
  await setTimeout(CALM_MS);
  await restart.run(() => signalsMs.push(elapsedMs()));
  await setTimeout(CALM_MS);
  const bins = Math.floor(elapsedMs() / BIN_MS);
  await restart.load.stop();
  const filled = (counts) =>
    Array.from({ length: bins }, (_, i) => counts[i] ?? 0);
  return {
    ...settings,
    signalsMs,
    sent: restart.load.sent,
    lostInAll: restart.load.lost.length,
    answered: filled(answered),
    lost: filled(lost),
  };
}
