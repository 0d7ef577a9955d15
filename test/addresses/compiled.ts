import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformFileSync } from '@swc/core';

/**
 * The rooms under test as JavaScript, for a process of their own: what keeps a process alive,
 * which environment it has and which network it sees cannot be told from inside a test runner.
 *
 * @returns the address of a directory to import from, e.g. `${url}/addresses/instance-addresses.js`
 */
export function compiled(): string {
  const target = mkdtempSync(join(tmpdir(), 'compiled-'));
  afterAll(() => rmSync(target, { recursive: true }));
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  for (const room of ['addresses', 'testing', 'hosts', 'wording']) {
    for (const file of readdirSync(join('src', room))) {
      const { code } = transformFileSync(join('src', room, file), {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        swcrc: false,
      });
      const path = join(target, room, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, code);
    }
  }
  return pathToFileURL(target).href;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a module in a process of its own until it ends by itself, or for 20 s. */
export async function runModule(
  code: string,
  env: Readonly<Record<string, string>> = {},
  before: readonly string[] = [],
): Promise<Ended> {
  const [command, ...rest] = [
    ...before,
    process.execPath,
    '--input-type=module',
    '--unhandled-rejections=strict',
    '-e',
    code,
  ];
  return runCommand(command, rest, env);
}

/** The same for any command; it sees no environment but what is given. */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const [status] = await once(child, 'close');
  return { code: typeof status === 'number' ? status : null, stdout, stderr };
}
