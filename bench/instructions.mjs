// Instructions per request: `npm run bench:instructions -- express`, or fastify. The load on the machine does not move
// them; when V8 compiles what still does, by 2 to 3 %. It wants valgrind.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digits, spread, table } from './figures.mjs';
import { LoadedServer } from './loaded-server.mjs';
import { variants } from './request-variants.mjs';

// The first requests are compiled; what two runs differ by is what later ones take.
const [SHORT, LONG] = [5_000, 15_000];
const REPEATS = 2;

const [, , ...named] = process.argv;
const platforms = named.length > 0 ? named : ['express', 'fastify'];
const folder = mkdtempSync(join(tmpdir(), 'instructions-'));

async function thousands(platform, variant, requests) {
  const log = join(folder, 'log');
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
  await server.fire(requests);
  await server.stop();
  const [, refs] = /I\s+refs:\s+([\d,]+)/.exec(readFileSync(log, 'utf8'));
  return Number(refs.replaceAll(',', '')) / 1000;
}

try {
  const rows = [];
  for (const platform of platforms) {
    for (const variant of variants) {
      const found = [];
      for (let i = 0; i < REPEATS; i++) {
        const short = await thousands(platform, variant, SHORT);
        const long = await thousands(platform, variant, LONG);
        found.push((long - short) / (LONG - SHORT));
      }
      rows.push([platform, variant, spread(found)]);
      console.error(`${platform}, ${variant}: ${found.map(digits).join(', ')}`);
    }
  }
  console.log(table(['platform', 'checks', '1,000 instructions'], rows));
} finally {
  rmSync(folder, { recursive: true });
}
