import { fork } from 'node:child_process';
import { once } from 'node:events';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';
import { digits, goal, median, ratios, spread, table } from './lib/figures.mjs';

const TERMINUS = 'Terminus alone';
const LIBRARY = 'this library';
const ON_FAKE_EC2 = 'this library, on a fake EC2';
const ON_SILENT_EC2 = 'this library, on an EC2 that never responds';
const VARIANTS = ['neither', TERMINUS, LIBRARY, ON_FAKE_EC2, ON_SILENT_EC2];
const SET = 'bare Set';
const HOLDERS = [SET, LIBRARY, 'this library, as `.suffix`'];

/** The duration of a start, and the memory of a million names. */
export async function run({ quick }) {
  const rounds = quick ? 2 : 41;
  const names = quick ? 10_000 : 1_000_000;
  const starts = await measureStarts(rounds);
  const holders = await measureInTurns(HOLDERS, quick ? 1 : 5, (holder) =>
    messageFrom('memory-child.mjs', [holder, String(names)]),
  );
  return {
    title: 'Start and memory',
    text: `A start is a process of its own, ${rounds} of each in turns; Nest, its Express platform and Terminus are loaded before. Memory is what ${names.toLocaleString('en-US')} names, decoded from bytes, add to a process in which only their holder remains: heap with typed arrays, after garbage collection.`,
    markdown: `${startTable(starts)}\n\n${memoryTable(holders, names)}`,
    goals: goalsOf(starts, holders),
  };
}

async function measureStarts(rounds) {
  const imds = await FakeEc2Metadata.start();
  const silent = await FakeEc2Metadata.start();
  silent.fault = { kind: 'silence' };
  const environments = {
    [ON_FAKE_EC2]: imds.env,
    [ON_SILENT_EC2]: silent.env,
  };
  const starts = await measureInTurns(VARIANTS, rounds, (variant) =>
    messageFrom('start-child.mjs', [variant], environments[variant]),
  );
  await Promise.all([imds.stop(), silent.stop()]);
  return starts;
}

function startTable(starts) {
  return table(
    ['start', 'import and create to listening, ms', `ratio to ${TERMINUS}`],
    VARIANTS.map((variant) => [
      variant,
      spread(seriesOf(starts[variant], 'totalMs')),
      spread(startRatios(starts, variant)),
    ]),
  );
}

function memoryTable(holders, names) {
  return table(
    [
      `${names.toLocaleString('en-US')} names`,
      'built in, ms',
      'heap, MB',
      'ratio',
      'RSS, MB',
    ],
    HOLDERS.map((holder) => [
      holder,
      spread(seriesOf(holders[holder], 'ms')),
      spread(seriesOf(holders[holder], 'heapMB')),
      spread(heapRatios(holders, holder)),
      spread(seriesOf(holders[holder], 'rssMB')),
    ]),
  );
}

function goalsOf(starts, holders) {
  const buildMs = median(seriesOf(holders[LIBRARY], 'ms'));
  const heap = median(heapRatios(holders, LIBRARY));
  const start = startRatios(starts, LIBRARY);
  return [
    goal(
      '1,000,000 names: compiled within 1.5 s',
      `${digits(buildMs / 1000)} s`,
      buildMs <= 1500,
    ),
    goal(
      '1,000,000 names: heap ≤ 1.5 × the bare Set',
      `${digits(heap)} ×`,
      heap <= 1.5,
    ),
    goal(
      'start elsewhere than on AWS: ≤ 1.10 × Terminus alone',
      `${spread(start)} ×`,
      median(start) <= 1.1,
    ),
  ];
}

const seriesOf = (rounds, figure) => rounds.map((round) => round[figure]);

const heapRatios = (holders, holder) =>
  ratios(seriesOf(holders[holder], 'heapMB'), seriesOf(holders[SET], 'heapMB'));

const startRatios = (starts, variant) =>
  ratios(
    seriesOf(starts[variant], 'totalMs'),
    seriesOf(starts[TERMINUS], 'totalMs'),
  );

async function measureInTurns(names, rounds, measure) {
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      found[name].push(await measure(name));
    }
  }
  return found;
}

/** The message that a process sends before it ends. */
async function messageFrom(script, args, env = {}) {
  const child = fork(new URL(`lib/${script}`, import.meta.url), args, {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
  });
  const [message] = await once(child, 'message');
  return message;
}
