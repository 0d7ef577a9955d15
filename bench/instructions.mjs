import { spawnSync } from 'node:child_process';
import { CountedServer } from './lib/counted-server.mjs';
import { EMPTY_GUARD, LIBRARY, peers } from './lib/request-variants.mjs';

const VARIANTS = ['no module', EMPTY_GUARD, LIBRARY, ...peers];

/** The instructions of an allowed request. */
export async function measure({ quick }) {
  if (spawnSync('valgrind', ['--version']).status !== 0)
    return { skipped: 'valgrind is not installed' };
  const pace = quick
    ? { warm: 500, blocks: 3, requests: 50 }
    : { warm: 15_000, blocks: 20, requests: 100 };
  const pending = ['express', 'fastify'].flatMap((platform) =>
    VARIANTS.map((variant) => ({ platform, variant, found: [] })),
  );
  const rows = [...pending];
  const measureNext = async () => {
    for (let row = pending.shift(); row; row = pending.shift())
      row.found.push(...(await measureServer(row, pace)));
  };
  // One server at a time leaves a processor idle.
  await Promise.all([measureNext(), measureNext()]);
  return { ...pace, baseline: EMPTY_GUARD, peers, rows };
}

async function measureServer(
  { platform, variant },
  { warm, blocks, requests },
) {
  const server = await CountedServer.start(platform, variant);
  await server.send(warm);
  await server.startCounting();
  const found = [];
  for (let block = 0; block < blocks; block++)
    found.push(await server.count(requests));
  await server.stop();
  return found;
}
