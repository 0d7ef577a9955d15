// What `nest new` generates, after the README's quick start and docs/testing.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, run, startAndRequest, step } from './steps.mjs';

const root = join(import.meta.dirname, '../../..');

/** Packages that neither builds nor tests. */
const NOT_NEEDED = /eslint|prettier|oxlint|globals|coverage|mau|source-map/;

const majors = [
  { major: 12, cli: '@nestjs/cli@12.0.8', terminus: '@nestjs/terminus@12.1.0' },
  {
    major: 11,
    cli: '@nestjs/cli@11.0.24',
    terminus: '@nestjs/terminus@11.1.1',
  },
];

export async function runGenerated(work, tarball) {
  for (const { major, cli, terminus } of majors) {
    const name = `nest-new-${major}`;
    const app = join(work, name);
    const made = await step(`${name}: is generated and installs`, async () => {
      await run(
        work,
        'npx',
        '--yes',
        cli,
        ...`new ${name} --skip-git --skip-install --package-manager npm`.split(
          ' ',
        ),
      );
      prune(app);
      await install(app, terminus, tarball);
    });
    if (!made) continue;
    const generated = readFileSync(join(app, 'test/app.e2e-spec.ts'), 'utf8');
    writeFileSync(
      join(app, 'src/app.module.ts'),
      block('README.md', 'app.module.ts', major),
    );
    await step(`${name}: passes its generated unit test`, () =>
      run(app, 'npm', 'test'),
    );
    await step(`${name}: the generated e2e test is refused`, () =>
      mustFail(app, 'got 400 "Bad Request"'),
    );
    await step(`${name}: passes the e2e test of docs/testing.md`, () => {
      const test = block('docs/testing.md', 'app.e2e-spec.ts', major);
      writeFileSync(join(app, 'test/app.e2e-spec.ts'), test);
      return run(app, 'npm', 'run', 'test:e2e');
    });
    await step(`${name}: passes its generated e2e test on a list`, () => {
      writeFileSync(join(app, 'test/app.e2e-spec.ts'), generated);
      allowTestHost(app, major);
      return run(app, 'npm', 'run', 'test:e2e');
    });
    for (const builder of major === 11 ? ['tsc', 'webpack'] : ['tsc']) {
      await step(`${name}: builds with ${builder} and responds`, async () => {
        await run(app, 'npx', 'nest', 'build', '--builder', builder);
        await startAndRequest(app);
      });
    }
  }
}

function prune(app) {
  const path = join(app, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  for (const name of Object.keys(manifest.devDependencies))
    if (NOT_NEEDED.test(name)) delete manifest.devDependencies[name];
  writeFileSync(path, JSON.stringify(manifest));
}

/** The list from an environment variable, and what docs/testing.md says about it. */
function allowTestHost(app, major) {
  const module = join(app, 'src/app.module.ts');
  const withVariable = readFileSync(module, 'utf8').replace(
    `'example.com, .example.org'`,
    `process.env['ALLOWED_HOSTS'] ?? 'example.com'`,
  );
  writeFileSync(module, withVariable);
  if (major === 12) {
    writeFileSync(
      join(app, 'vitest.config.e2e.ts'),
      block('docs/testing.md', 'vitest.config.e2e.ts', major),
    );
    return;
  }
  writeFileSync(
    join(app, 'test/allowed-hosts.ts'),
    block('docs/testing.md', 'allowed-hosts.ts', major),
  );
  const config = join(app, 'test/jest-e2e.json');
  const jest = JSON.parse(readFileSync(config, 'utf8'));
  jest.setupFiles = ['<rootDir>/allowed-hosts.ts'];
  writeFileSync(config, JSON.stringify(jest));
}

/** A block of a page under its name. For Nest 11 its imports lose `.js`, as the pages say. */
function block(page, name, major) {
  const text = readFileSync(join(root, page), 'utf8');
  const [, rest] = text.split(`\n// ${name}\n`);
  const [code] = rest.split('\n```');
  return major === 11
    ? code.replaceAll(/from '(\.[^']+|supertest\/types)\.js'/g, `from '$1'`)
    : code;
}

async function mustFail(app, text) {
  const error = await run(app, 'npm', 'run', 'test:e2e').then(
    () => undefined,
    (failure) => failure,
  );
  if (error === undefined) throw new Error('it passed');
  const output = `${error.stdout}${error.stderr}`;
  if (!output.includes(text)) throw error;
}
