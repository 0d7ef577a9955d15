/** What the requests are made from. */
export interface Target {
  /** The path of ordinary requests. */
  readonly path: string;
  readonly healthPath: string;
  /** The port that we connect to. */
  readonly port: number;
  /** The hosts of the user; the first one is the host of most requests. */
  readonly hosts: readonly string[];
  readonly own: string;
  /** The first host without its port. */
  readonly ownName: string;
  /** Whether it is a name and not an address. */
  readonly isName: boolean;
  /** The first host with a port, or without it: the other way than it was given. */
  readonly otherPort: string;
  /** The address that we are connected to. */
  readonly peer: string | undefined;
  /** An IPv6 address of the server, in addition to the one that we use. */
  readonly ipv6: string | undefined;
  readonly https: boolean;
}
