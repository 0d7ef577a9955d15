// The applications in the folders here, as their users have them.
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { install, run, startAndRequest, step, withApp } from './steps.mjs';

const here = join(import.meta.dirname, '..');

/** Installs the package into a copy of an application, and builds, starts and tests it by each of its scripts. */
export async function runApp(name, work, tarball) {
  const app = copyOf(name, work);
  const { scripts } = JSON.parse(
    readFileSync(join(app, 'package.json'), 'utf8'),
  );
  if (!(await step(`${name}: installs`, () => install(app, tarball)))) return;
  for (const script of Object.keys(scripts).filter((it) =>
    it.startsWith('build'),
  )) {
    rmSync(join(app, 'dist'), { recursive: true, force: true });
    await step(`${name}: runs ${script}`, () => run(app, 'npm', 'run', script));
    await step(`${name}: starts and responds after ${script}`, () =>
      startAndRequest(app),
    );
  }
  if (existsSync(join(app, 'esbuild.mjs')))
    await step(`${name}: starts from its one file alone`, () =>
      startAlone(app, work),
    );
  if (name === 'nest12-esm')
    await step(`${name}: the installed program finds one problem`, () =>
      withApp(app, ['node', 'dist/main.js'], (port) =>
        checkFromOutside(app, port),
      ),
    );
  if (scripts.test)
    await step(`${name}: passes its own tests`, () => run(app, 'npm', 'test'));
}

/** The applications do not set keepAliveTimeoutMs; a busy machine may be slow. */
async function checkFromOutside(app, port) {
  const options = ['--host', 'example.com', '--json', '--timeout', '30000'];
  const url = `http://127.0.0.1:${port}`;
  const command = ['npx', '--no-install', 'nestjs-allowed-hosts', 'check', url];
  // The program exits with 1 if it finds a problem.
  const stdout = await run(app, ...command, ...options).catch(
    (error) => error.stdout,
  );
  const problems = JSON.parse(stdout)
    .findings.filter(({ level }) => level === 'problem')
    .map(({ id }) => id)
    .filter((id) => id !== 'health-slow');
  if (problems.join() !== 'keep-alive-short')
    throw new Error(`it finds ${problems.join()}`);
}

/** Starts the last build without node_modules. */
async function startAlone(app, work) {
  const alone = join(work, 'alone');
  cpSync(join(app, 'dist'), join(alone, 'dist'), { recursive: true });
  cpSync(join(app, 'package.json'), join(alone, 'package.json'));
  await startAndRequest(alone);
}

/** Installs with pnpm. Without hoisting a package finds only what it names as its dependency. */
export async function runUnderPnpm(work, tarball) {
  const app = copyOf('nest12-esm', work, 'pnpm');
  const pnpm = (...args) =>
    run(app, 'npx', '--yes', 'pnpm@10.34.8', '--config.hoist=false', ...args);
  const installed = await step('pnpm: installs with strict peers', () =>
    pnpm('add', '--config.strict-peer-dependencies=true', tarball),
  );
  if (!installed) return;
  // Nest and Vitest need packages that they do not name, for types only.
  await step('pnpm: compiles', () => pnpm('exec', 'tsc', '--skipLibCheck'));
  await step('pnpm: starts and responds', () => startAndRequest(app));
  await step('pnpm: passes its own tests', () => pnpm('test'));
}

export function copyOf(name, work, as = name) {
  const app = join(work, as);
  cpSync(join(here, name), app, { recursive: true });
  return app;
}
