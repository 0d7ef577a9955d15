import { execFile, spawn } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './processes.mjs';

/** Runs a command to its end; an error shows what the command printed. */
export async function run(cwd, [command, ...args], env = {}) {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      cwd,
      env: { ...process.env, ...env },
    });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
  }
}

/** Starts a Nest application and returns a function that gets the status of a path for a host. */
export async function startApplication(cwd, file, env = {}) {
  const port = await freePort();
  const app = spawn(process.execPath, [file], {
    cwd,
    env: { ...process.env, ...env, PORT: String(port), port: String(port) },
  });
  const ended = new Promise((exit) => app.once('exit', exit));
  let output = '';
  app.stdout.on('data', (chunk) => (output += chunk));
  app.stderr.on('data', (chunk) => (output += chunk));
  const statusOf = (path, host) =>
    new Promise((resolve, reject) => {
      const headers = { host };
      get(
        { host: '127.0.0.1', port, path, headers, agent: false },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      ).on('error', reject);
    });
  // Nest logs that it started before the server listens.
  while (!(await statusOf('/health', '10.0.0.1').catch(() => false))) {
    if (app.exitCode !== null) throw new Error(`it stopped:\n${output}`);
    await sleep(50);
  }
  const stop = async () => {
    app.kill();
    await ended;
  };
  return { statusOf, stop };
}
