import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that the discovery reads of the machine. Tests pass their own. */
export interface Machine {
  readonly env: Environment;
  /** The root directory of the file system. */
  readonly root: string;
  readonly interfaces: () => Readonly<
    Record<string, readonly NetworkInterfaceInfo[] | undefined>
  >;
}

/** The machine on which this process runs. */
export function thisMachine(): Machine {
  // Stryker disable next-line StringLiteral: no test writes to the root directory
  return { env: process.env, root: '/', interfaces: networkInterfaces };
}
