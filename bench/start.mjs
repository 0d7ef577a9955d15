import { fork } from 'node:child_process';
import { once } from 'node:events';
import { FakeEc2Metadata } from 'nestjs-allowed-hosts/testing';

const TERMINUS = 'Terminus alone';
const LIBRARY = 'this library';
const ON_FAKE_EC2 = 'this library, on a fake EC2';
const ON_SILENT_EC2 = 'this library, on an EC2 that never responds';
const VARIANTS = [
  'neither',
  TERMINUS,
  LIBRARY,
  'this library, with a check',
  ON_FAKE_EC2,
  ON_SILENT_EC2,
];
const HOLDERS = ['bare Set', LIBRARY, 'this library, as `.suffix`'];

/** The duration of a start, and the memory of a million names. */
export async function measure({ quick }) {
  const rounds = quick ? 2 : 31;
  const names = quick ? 10_000 : 1_000_000;
  const starts = await measureStarts(rounds);
  const holders = await measureInTurns(HOLDERS, quick ? 1 : 5, (holder) =>
    messageFrom('memory-child.mjs', [holder, String(names)]),
  );
  return { rounds, names, starts, holders };
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
