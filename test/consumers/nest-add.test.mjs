// `nest add nestjs-allowed-hosts` with the real Nest CLI, the packed package, and what `nest new` makes.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startRegistry } from '../support/local-registry.mjs';
import { run, startApplication } from '../support/nest-process.mjs';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'nest-add-'));
const majors = [
  { major: 11, config: '@nestjs/config@4', terminus: '^11.0.0' },
  { major: 12, config: '@nestjs/config@12', terminus: '^12.0.0' },
];
let registry;

/** A command that finds this package in the local registry. */
const npx = (cwd, ...command) =>
  run(cwd, ['npx', ...command], { npm_config_registry: registry.url });
const nestAdd = (cwd, ...flags) =>
  npx(cwd, 'nest', 'add', 'nestjs-allowed-hosts', ...flags);

/** All files that are not installed or built, by their path. */
const filesIn = (folder) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        join(parentPath, name).slice(folder.length + 1),
      )
      .filter((path) => !/^(node_modules|dist)\b|^package-lock/.test(path))
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );

const changed = (earlier, later) =>
  Object.keys(later)
    .filter((path) => earlier[path] !== later[path])
    .toSorted();

const manifestOf = (app) =>
  JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'));

/** A health check by address passes, and so does a host of the list; a foreign host does not. */
async function assertServes({ statusOf, stop }, listed) {
  try {
    assert.deepEqual(
      {
        health: await statusOf('/health', '10.0.9.41:443'),
        listed: await statusOf('/', listed),
        spoofed: await statusOf('/', 'evil.example'),
        spoofedHealth: await statusOf('/health', 'evil.example'),
      },
      { health: 200, listed: 200, spoofed: 400, spoofedHealth: 400 },
    );
  } finally {
    await stop();
  }
}

before(async () => {
  const packed = await run(root, [
    'npm',
    'pack',
    '--silent',
    '--pack-destination',
    work,
  ]);
  const [name] = packed.match(/nestjs-allowed-hosts-\S+\.tgz/);
  const upstream = await run(root, ['npm', 'config', 'get', 'registry']);
  registry = await startRegistry(
    join(work, name),
    manifestOf(root),
    upstream.trim(),
  );
});
after(() => {
  registry?.close();
  rmSync(work, { recursive: true });
});

for (const { major, config, terminus } of majors)
  describe(`nest add on Nest ${major}`, () => {
    const app = join(work, `app${major}`);

    before(() =>
      run(work, [
        'npx',
        '--yes',
        `@nestjs/cli@${major}`,
        'new',
        `app${major}`,
        '--skip-git',
        '--strict',
        '--package-manager',
        'npm',
      ]),
    );

    it('--dry-run lists the files and writes none', async () => {
      const earlier = filesIn(app);
      const output = await nestAdd(app, '--dry-run');
      assert.match(output, /No files written to disk/);
      // The Nest CLI itself installs the package, also with --dry-run.
      assert.deepEqual(changed(earlier, filesIn(app)), ['package.json']);
      assert.equal(manifestOf(app).dependencies['@nestjs/terminus'], undefined);
    });

    it('changes the files that it names', async () => {
      const earlier = filesIn(app);
      await nestAdd(app);
      assert.deepEqual(changed(earlier, filesIn(app)), [
        '.env.example',
        'package.json',
        'src/app.module.ts',
        'src/main.ts',
        'test/app.e2e-spec.ts',
      ]);
      const { dependencies } = manifestOf(app);
      assert.equal(dependencies['@nestjs/terminus'], terminus);
      assert.match(
        manifestOf(join(app, 'node_modules/@nestjs/terminus')).version,
        new RegExp(`^${major}\\.`),
      );
    });

    it('leaves files as Prettier and the linter want them', async () => {
      await npx(app, 'prettier', '--check', 'src', 'test');
      await npx(
        app,
        ...(major === 11 ? ['eslint'] : ['oxlint', '--type-aware']),
        'src',
        'test',
      );
    });

    it('a second run changes nothing', async () => {
      const earlier = filesIn(app);
      assert.match(await nestAdd(app), /Nothing to be done/);
      assert.deepEqual(changed(earlier, filesIn(app)), []);
    });

    it('passes its own tests', async () => {
      await run(app, ['npm', 'test']);
      await run(app, ['npm', 'run', 'test:e2e']);
    });

    it('serves its own hosts and passes health checks', async () => {
      await run(app, ['npm', 'run', 'build']);
      await assertServes(
        await startApplication(app, 'dist/main.js'),
        'localhost',
      );
      const env = { ALLOWED_HOSTS: 'example.com' };
      await assertServes(
        await startApplication(app, 'dist/main.js', env),
        'example.com',
      );
    });

    it('changes the project of a monorepo only, and reads the list from ConfigService', async () => {
      await npx(app, 'nest', 'generate', 'app', 'shop');
      await run(app, ['npm', 'install', config]);
      const earlier = filesIn(app);
      await nestAdd(app, '--skip-install', '--project', 'shop');
      const later = filesIn(app);
      assert.deepEqual(changed(earlier, later), [
        'apps/shop/src/main.ts',
        'apps/shop/src/shop.module.ts',
        'apps/shop/test/app.e2e-spec.ts',
      ]);
      assert.match(
        later['apps/shop/src/shop.module.ts'],
        /config: ConfigService/,
      );
      await npx(app, 'prettier', '--check', 'apps');
      await npx(app, 'nest', 'build', 'shop', '--builder', 'tsc');
      const [main] = readdirSync(join(app, 'dist'), { recursive: true }).filter(
        (path) => /shop\/.*main\.js$/.test(path),
      );
      await assertServes(
        await startApplication(app, join('dist', main)),
        'localhost',
      );
    });
  });
