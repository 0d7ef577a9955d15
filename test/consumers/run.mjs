// Packs the library, and installs, builds and tests it in applications as its users have them. Arguments name the groups
// to run, all by default: `npm run test:consumers -- bundles types`.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runApp, runUnderPnpm } from './lib/apps.mjs';
import { runGenerated } from './lib/nest-new.mjs';
import { runUnderOtherRuntimes } from './lib/runtimes.mjs';
import { run, step, tally } from './lib/steps.mjs';
import { checkTypes } from './lib/types.mjs';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'nestjs-allowed-hosts-'));
const NOT_APPS = new Set(['lib', 'runtimes', 'types']);

const apps = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !NOT_APPS.has(entry.name))
  .map(({ name }) => name);

const groups = {
  ...Object.fromEntries(
    apps.map((name) => [name, (tarball) => runApp(name, work, tarball)]),
  ),
  pnpm: (tarball) => runUnderPnpm(work, tarball),
  'nest-new': (tarball) => runGenerated(work, tarball),
  types: (tarball) => checkTypes(work, tarball),
  runtimes: (tarball) => runUnderOtherRuntimes(work, tarball),
};

const named = process.argv.slice(2);
for (const name of named)
  if (!(name in groups))
    throw new Error(`${name} is not one of ${Object.keys(groups).join(', ')}`);

try {
  const packed = await run(
    root,
    'npm',
    'pack',
    '--silent',
    '--pack-destination',
    work,
  );
  const tarball = join(work, packed.trim().split('\n').at(-1));

  await step('types and entry points of the package', () =>
    run(root, 'npx', '--no-install', 'attw', tarball),
  );
  for (const [name, group] of Object.entries(groups))
    if (named.length === 0 || named.includes(name)) await group(tarball);
} finally {
  rmSync(work, { recursive: true });
}

const { passed, failed, skipped } = tally;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
