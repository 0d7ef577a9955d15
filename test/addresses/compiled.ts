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
 * Compiles the tested folders of `src` to JavaScript, for a process of its own: a test runner cannot observe whether a
 * process ends by itself, and cannot replace its environment or its network.
 *
 * @returns the URL of a directory to import from, e.g. `${url}/addresses/instance-addresses.js`
 */
export function compiled(): string {
  const target = mkdtempSync(join(tmpdir(), 'compiled-'));
  afterAll(() => rmSync(target, { recursive: true }));
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  for (const folder of ['addresses', 'testing', 'hosts', 'messages'])
    for (const file of readdirSync(join('src', folder), { recursive: true }))
      if (String(file).endsWith('.ts'))
        compile(join(folder, String(file)), target);
  return pathToFileURL(target).href;
}

function compile(file: string, target: string): void {
  const { code } = transformFileSync(join('src', file), {
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
    swcrc: false,
  });
  const path = join(target, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a module in a process of its own until it ends.
 *
 * @param prefix a command that runs it, e.g. in a network namespace
 */
export async function runModule(
  code: string,
  env: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): Promise<Ended> {
  const [command, ...rest] = [
    ...prefix,
    process.execPath,
    '--input-type=module',
    '--unhandled-rejections=strict',
    '-e',
    code,
  ];
  return runCommand(command, rest, env);
}

/** Runs a command until it ends. Its environment consists of `env` only. */
export async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROCESS_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const [status] = await once(child, 'close');
  return { code: typeof status === 'number' ? status : null, stdout, stderr };
}

/** A process that does not end by itself is killed and has no exit code. On a busy machine a start takes long. */
const PROCESS_LIMIT_MS = 90_000;
