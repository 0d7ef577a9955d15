import { spawnSync } from 'node:child_process';
import { CountedServer } from './lib/counted-server.mjs';
import { EMPTY_GUARD, LIBRARY, peers } from './lib/request-variants.mjs';

const VARIANTS = ['no module', EMPTY_GUARD, LIBRARY, ...peers];

/** The instructions of an allowed request. */
export async function measure({ quick }) {
  if (spawnSync('valgrind', ['--version']).status !== 0)
    return { skipped: 'valgrind is not installed' };
  const pace = quick
    ? { processes: 1, warm: 500, blocks: 3, requests: 50 }
    : { processes: 5, warm: 15_000, blocks: 8, requests: 100 };
  const rows = ['express', 'fastify'].flatMap((platform) =>
    VARIANTS.map((variant) => ({ platform, variant, processes: [] })),
  );
  const pending = Array.from({ length: pace.processes }, () => rows).flat();
  const measureNext = async () => {
    for (let row = pending.shift(); row; row = pending.shift())
      row.processes.push(await lowestBlock(row, pace));
  };
  // One server at a time leaves a processor idle.
  await Promise.all([measureNext(), measureNext()]);
  return { ...pace, baseline: EMPTY_GUARD, peers, rows };
}

/** Other blocks contain work that comes at other times in each server, such as a garbage collection. */
async function lowestBlock({ platform, variant }, { warm, blocks, requests }) {
  const server = await CountedServer.start(platform, variant);
  await server.send(warm);
  await server.startCounting();
  const found = [];
  for (let block = 0; block < blocks; block++)
    found.push(await server.count(requests));
  await server.stop();
  return Math.min(...found);
}
