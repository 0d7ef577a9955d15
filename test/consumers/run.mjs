// Packs the library, installs it into a copy of each application here as a user would, and runs that.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'nestjs-allowed-hosts-'));
const tally = { passed: 0, failed: 0 };

async function step(name, action) {
  const started = performance.now();
  try {
    await action();
    tally.passed += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`ok      ${name} (${seconds} s)`);
  } catch (error) {
    tally.failed += 1;
    console.log(`FAILED  ${name}: ${error.message}`);
    console.log([error.stdout, error.stderr].filter(Boolean).join('\n'));
  }
}

const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

const statusFor = (port, host) =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    }).on('error', reject);
  });

async function startAndProbe(cwd) {
  const port = await freePort();
  const app = spawn('node', ['dist/main.js'], {
    cwd,
    env: { ...process.env, PORT: String(port) },
  });
  let output = '';
  app.stdout.on('data', (chunk) => (output += chunk));
  app.stderr.on('data', (chunk) => (output += chunk));
  try {
    while (!output.includes('successfully started')) {
      if (app.exitCode !== null) throw new Error(`it stopped:\n${output}`);
      await sleep(50);
    }
    for (const [host, expected] of [
      ['example.com', 200],
      ['evil.example', 400],
    ]) {
      const status = await statusFor(port, host);
      if (status !== expected) {
        throw new Error(`${host} got ${status}, not ${expected}:\n${output}`);
      }
    }
  } finally {
    app.kill();
  }
}

try {
  const packed = run(
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

  for (const entry of readdirSync(import.meta.dirname, {
    withFileTypes: true,
  })) {
    if (!entry.isDirectory()) continue;
    const { name } = entry;
    const app = join(work, name);
    cpSync(join(import.meta.dirname, name), app, { recursive: true });
    await step(`${name}: installs`, () =>
      run(app, 'npm', 'install', '--no-audit', '--no-fund', tarball),
    );
    await step(`${name}: compiles`, () => run(app, 'npm', 'run', 'build'));
    await step(`${name}: starts and responds`, () => startAndProbe(app));
    await step(`${name}: passes its own tests`, () => run(app, 'npm', 'test'));
  }
} finally {
  rmSync(work, { recursive: true });
}

console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;
