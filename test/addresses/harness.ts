import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, type NetworkInterfaceInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import {
  resolveAddressesOptions,
  type AddressesOptions,
} from '../../src/addresses/addresses.options.js';
import { InstanceAddresses } from '../../src/addresses/instance-addresses.js';
import type { Machine } from '../../src/addresses/machine.js';
import { useFakeTimeouts } from '../support/fake-timeouts.js';

// On a busy machine a process may take many seconds to start.
jest.setTimeout(120_000);

const cleanups: (() => unknown)[] = [];

/** Calls `stop` after the test; the last thing is stopped first. */
export function later<T>(thing: T, stop: (thing: T) => unknown): T {
  cleanups.push(() => stop(thing));
  return thing;
}

afterEach(async () => {
  for (const stop of cleanups.splice(0).reverse()) await stop();
});

/** Waits for a service to start, and stops it after the test. */
export async function running<T extends { stop(): Promise<void> }>(
  starting: Promise<T>,
): Promise<T> {
  return later(await starting, (service) => service.stop());
}

/** A directory with these files, as the root directory of another machine. */
export function rootWith(files: Readonly<Record<string, string>>): string {
  const root = later(mkdtempSync(join(tmpdir(), 'root-')), (path) =>
    rmSync(path, { recursive: true }),
  );
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** A machine that is independent of the one on which the test runs. */
export function machineWith(
  env: Machine['env'] = {},
  root = rootWith({}),
  interfaces: Record<string, NetworkInterfaceInfo[]> = {},
): Machine {
  return { env, root, interfaces: () => interfaces };
}

/** A logger that keeps its lines. */
export class Lines {
  readonly logs: string[] = [];
  readonly warnings: string[] = [];
  readonly debugs: string[] = [];
  log = (line: string): void => void this.logs.push(line);
  warn = (line: string): void => void this.warnings.push(line);
  debug = (line: string): void => void this.debugs.push(line);
}

export interface Discovered {
  readonly found: InstanceAddresses;
  readonly lines: Lines;
  /** The addresses without their sources. */
  now(): string[];
}

/**
 * Discovers the addresses of a machine, and stops the refreshes after the test. The budget is generous by default: no
 * test may depend on how busy this machine is.
 */
export async function discover(
  options: AddressesOptions,
  machine: Machine,
): Promise<Discovered> {
  const lines = new Lines();
  const found = await InstanceAddresses.discover(
    resolveAddressesOptions({ timeoutMs: 60_000, ...options }),
    lines,
    machine,
  );
  later(found, () => found.close());
  return { found, lines, now: () => found.all.map(({ address }) => address) };
}

/** The timer of the event loop, also while a test replaces the global one by a fake. */
const { setTimeout: realSetTimeout } = globalThis;

/** Waits until a condition is true. The time limit of the test is the only limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** Lets other work of the event loop proceed for some milliseconds. */
export const pause = (ms: number) =>
  new Promise<void>((resolve) => realSetTimeout(resolve, ms));

/** Replaces `setTimeout` until the end of the test. */
export function fakeTimeouts(): void {
  useFakeTimeouts();
  later(undefined, () => jest.useRealTimers());
}
