/**
 * Instructions per request: `npm run bench:instructions -- [express|fastify]`. It needs valgrind. The load of the machine
 * does not affect the figures; the time at which V8 compiles does, by 2 to 3 %.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits, spread, table } from './lib/figures.mjs';
import { LoadedServer } from './lib/loaded-server.mjs';
import { variants } from './lib/request-variants.mjs';

// V8 compiles during the first requests. The difference of two runs is the cost of later requests.
const [SHORT, LONG] = [5_000, 15_000];
const REPEATS = 2;

const [, , ...given] = process.argv;
const platforms = given.length > 0 ? given : ['express', 'fastify'];
const directory = mkdtempSync(join(tmpdir(), 'instructions-'));

async function thousandInstructions(platform, variant, requests) {
  const log = join(directory, 'log');
  const server = await LoadedServer.start(platform, variant, {
    execPath: 'valgrind',
    execArgv: [
      '--tool=cachegrind',
      '--cache-sim=no',
      '--smc-check=all-non-file',
      '--cachegrind-out-file=/dev/null',
      `--log-file=${log}`,
      process.execPath,
      '--single-threaded',
    ],
  });
  await server.send(requests);
  await server.stop();
  const [, refs] = /I\s+refs:\s+([\d,]+)/.exec(readFileSync(log, 'utf8'));
  return Number(refs.replaceAll(',', '')) / 1000;
}

async function perRequest(platform, variant) {
  const short = await thousandInstructions(platform, variant, SHORT);
  const long = await thousandInstructions(platform, variant, LONG);
  return (long - short) / (LONG - SHORT);
}

try {
  const rows = [];
  for (const platform of platforms) {
    for (const variant of variants) {
      const found = [];
      for (let i = 0; i < REPEATS; i++)
        found.push(await perRequest(platform, variant));
      rows.push([platform, variant, spread(found)]);
      console.error(`${platform}, ${variant}: ${found.map(digits).join(', ')}`);
    }
  }
  console.log(table(['platform', 'checks', '1,000 instructions'], rows));
} finally {
  rmSync(directory, { recursive: true });
}
