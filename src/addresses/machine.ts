import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What is looked at to find out where the application runs; a test brings its own. */
export interface Machine {
  readonly env: Environment;
  /** Where the file system begins. */
  readonly root: string;
  readonly interfaces: () => Readonly<
    Record<string, readonly NetworkInterfaceInfo[] | undefined>
  >;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return { env: process.env, root: '/', interfaces: networkInterfaces };
}
