import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type AddressesOptions,
  resolveAddressesOptions,
} from '../../src/addresses/addresses.options.js';
import { InstanceAddresses } from '../../src/addresses/instance-addresses.js';
import type { Machine } from '../../src/addresses/machine.js';

const undo: (() => unknown)[] = [];

/** Has something stopped after the test, last come first. */
export function later<T>(thing: T, stop: (thing: T) => unknown): T {
  undo.push(() => stop(thing));
  return thing;
}

afterEach(async () => {
  for (const stop of undo.splice(0).reverse()) await stop();
});

/** A service that is stopped after the test. */
export async function running<T extends { stop(): Promise<void> }>(
  starting: Promise<T>,
): Promise<T> {
  return later(await starting, (service) => service.stop());
}

/** A directory with these files, for want of another machine. */
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

/** A machine that shows nothing of the one the test runs on. */
export function machineWith(
  env: Machine['env'] = {},
  root = rootWith({}),
  interfaces: Record<string, NetworkInterfaceInfo[]> = {},
): Machine {
  return { env, root, interfaces: () => interfaces };
}

/** A logger to be read. */
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
  readonly tookMs: number;
  /** The addresses without their sources. */
  now(): string[];
}

/** Discovers on another machine, and closes after the test. */
export async function discover(
  options: AddressesOptions,
  machine: Machine,
): Promise<Discovered> {
  const lines = new Lines();
  const startedAt = performance.now();
  const found = await InstanceAddresses.discover(
    resolveAddressesOptions(options),
    lines,
    machine,
  );
  const tookMs = performance.now() - startedAt;
  later(found, () => found.close());
  return {
    found,
    lines,
    tookMs,
    now: () => found.all.map(({ address }) => address),
  };
}

/** Waits for a condition, looking again and again; a test's own time limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
