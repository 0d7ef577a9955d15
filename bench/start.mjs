import { fork } from 'node:child_process';
import { once } from 'node:events';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';
import { digits, goal, median, paired, spread, table } from './figures.mjs';

const STARTS = [
  'neither',
  'Terminus alone',
  'this library',
  'this library, on a fake EC2',
  'this library, on an EC2 that is silent',
];
const HOLDERS = ['bare Set', 'this library', 'this library, as `.suffix`'];

/** Table 3: what a start takes, and what a million names do. */
export async function run({ quick }) {
  const rounds = quick ? 2 : 41;
  const names = quick ? 10_000 : 1_000_000;
  const imds = await FakeEc2Metadata.start();
  const silent = await FakeEc2Metadata.start();
  silent.fault = { do: 'silence' };
  const envs = {
    'this library, on a fake EC2': imds.env,
    'this library, on an EC2 that is silent': silent.env,
  };
  const starts = await inTurns(STARTS, rounds, (variant) =>
    told('start-child.mjs', [variant], envs[variant]),
  );
  await Promise.all([imds.stop(), silent.stop()]);
  const held = await inTurns(HOLDERS, quick ? 1 : 5, (holder) =>
    told('memory-child.mjs', [holder, String(names)]),
  );
  const of = (figure, list) => list.map((entry) => entry[figure]);
  const more = starts['this library'].map(
    ({ totalMs }, i) => totalMs - starts['Terminus alone'][i].totalMs,
  );
  const heap = paired(
    of('heapMB', held['this library']),
    of('heapMB', held['bare Set']),
  );
  const compileMs = median(of('ms', held['this library']));
  return {
    title: 'Start and memory',
    text: `A start is a process of its own, ${rounds} of each in turns; Nest, its Express platform and Terminus are loaded before. Memory is what ${names.toLocaleString('en-US')} names, made from bytes, add to a process once nothing but the holder is left: heap with typed arrays, after collection.`,
    markdown: [
      table(
        ['start', 'import, ms', 'create to listening, ms', 'both, ms'],
        STARTS.map((variant) => [
          variant,
          ...['importMs', 'createMs', 'totalMs'].map((figure) =>
            spread(of(figure, starts[variant])),
          ),
        ]),
      ),
      table(
        [
          `${names.toLocaleString('en-US')} names`,
          'made in, ms',
          'heap, MB',
          'ratio',
          'RSS, MB',
        ],
        HOLDERS.map((holder) => [
          holder,
          spread(of('ms', held[holder])),
          spread(of('heapMB', held[holder])),
          spread(
            paired(of('heapMB', held[holder]), of('heapMB', held['bare Set'])),
          ),
          spread(of('rssMB', held[holder])),
        ]),
      ),
    ].join('\n\n'),
    goals: [
      goal(
        '1,000,000 names: compiled within 1.5 s',
        `${digits(compileMs / 1000)} s`,
        compileMs <= 1500,
      ),
      goal(
        '1,000,000 names: heap ≤ 1.5 × the bare Set',
        `${digits(median(heap))} ×`,
        median(heap) <= 1.5,
      ),
      goal(
        'start off AWS: ≤ 15 ms more than with Terminus alone',
        `${digits(median(more))} ms`,
        median(more) <= 15,
      ),
    ],
  };
}

async function inTurns(names, rounds, measure) {
  const found = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      found[name].push(await measure(name));
    }
  }
  return found;
}

async function told(script, args, env = {}) {
  const child = fork(new URL(script, import.meta.url), args, {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
  });
  const [message] = await once(child, 'message');
  return message;
}
