/**
 * Measures all parts, each in a process of its own, and writes the raw figures to results/node-<major>.json. Then it
 * renders RESULTS.md and the charts: `npm run bench -- [--node 24] [--quick] [parts]`. Run it once for each Node.
 * - With names of parts, it measures these parts only and keeps the figures of the others.
 * - With `--quick`, it measures too little for a result, and writes to dist-bench/.
 */
import { execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { render } from './render.mjs';
import { PARTS } from './report/page.mjs';

const root = join(import.meta.dirname, '..');

const { values: flags, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, node: { type: 'string' } },
  allowPositionals: true,
});
for (const name of positionals)
  if (!PARTS.includes(name))
    throw new Error(`"${name}" is not a part. The parts: ${PARTS.join(', ')}`);

/** Runs this file with another Node; returns its exit code. */
function runWith(version) {
  const bin = execFileSync(join(root, '.ci/find-node'), [version], {
    encoding: 'utf8',
  }).trim();
  const { status } = spawnSync(
    join(bin, 'node'),
    [import.meta.filename, ...(flags.quick ? ['--quick'] : []), ...positionals],
    { stdio: 'inherit' },
  );
  return status ?? 1;
}

/** The figures of a part, with what describes the run. */
async function measure(name) {
  console.log(`${name} …`);
  const startedAt = performance.now();
  const child = fork(
    join(import.meta.dirname, 'lib/part-child.mjs'),
    [name, ...(flags.quick ? ['--quick'] : [])],
    {
      execArgv: ['--expose-gc', '--max-old-space-size=8192'],
      serialization: 'advanced',
    },
  );
  const figures = await Promise.race([
    once(child, 'message').then(([message]) => message),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${name} ended with exit code ${code}`)),
    ),
  ]);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(`${name}: ${seconds} s`);
  return {
    node: process.version,
    machine: `${cpus()[0]?.model.trim()} × ${availableParallelism()}, ${type()}`,
    seconds,
    quick: flags.quick === true,
    figures,
  };
}

async function measureAll() {
  const folder = flags.quick ? join(root, 'dist-bench') : import.meta.dirname;
  const [major] = process.versions.node.split('.');
  const file = join(folder, `results/node-${major}.json`);
  mkdirSync(join(folder, 'results'), { recursive: true });
  const keeps = positionals.length > 0 && existsSync(file);
  const parts = keeps ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const name of positionals.length > 0 ? positionals : PARTS) {
    parts[name] = await measure(name);
    // After each part: what a later part throws does not discard the figures.
    writeFileSync(file, await format(toJson(parts), { parser: 'json' }));
  }
  await render(folder, folder);
  console.log(readFileSync(join(folder, 'RESULTS.md'), 'utf8'));
}

/** Four significant digits are more than a measurement has. Counts stay as they are. */
const toJson = (parts) =>
  JSON.stringify(parts, (_key, value) =>
    typeof value === 'number' && !Number.isInteger(value)
      ? Number(value.toPrecision(4))
      : value,
  );

if (flags.node === undefined) await measureAll();
else process.exitCode = runWith(flags.node);
