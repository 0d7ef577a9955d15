// Steps of a run: each is named, timed and counted, and a failure does not end the run.
import { execFile, spawn } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../support/processes.mjs';

export const tally = { passed: 0, failed: 0, skipped: 0 };

/** @returns whether it passed */
export async function step(name, action) {
  const started = performance.now();
  try {
    await action();
    tally.passed += 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`ok      ${name} (${seconds} s)`);
    return true;
  } catch (error) {
    tally.failed += 1;
    console.log(`FAILED  ${name}: ${error.message}`);
    console.log([error.stdout, error.stderr].filter(Boolean).join('\n'));
    return false;
  }
}

export function skip(name, reason) {
  tally.skipped += 1;
  console.log(`SKIPPED ${name}: ${reason}`);
}

/** The output of a command. */
export async function run(cwd, command, ...args) {
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

export const install = (cwd, ...packages) =>
  run(cwd, 'npm', 'install', '--no-audit', '--no-fund', ...packages);

/** Starts an application on a free port, and hands that port and the process to a check. */
export async function withApp(cwd, [command, ...args], check) {
  const port = await freePort();
  const app = spawn(command, args, {
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
    // Nest logs that line before the server listens.
    while (!(await accepts(port))) await sleep(50);
    await check(port, app);
  } catch (error) {
    throw new Error(`${error.message}\n${output}`, { cause: error });
  } finally {
    app.kill('SIGKILL');
  }
}

/** Starts an application, which must serve one host and refuse another one. */
export const startAndRequest = (cwd, command = ['node', 'dist/main.js']) =>
  withApp(cwd, command, async (port) => {
    for (const [host, expected] of [
      ['example.com', 200],
      ['evil.example', 400],
    ]) {
      const status = await statusFor(port, host);
      if (status !== expected)
        throw new Error(`${host} got ${status}, not ${expected}`);
    }
  });

const statusFor = (port, host) =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host }, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    }).on('error', reject);
  });

const accepts = (port) =>
  statusFor(port, 'example.com').then(
    () => true,
    () => false,
  );
