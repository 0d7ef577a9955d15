import {
  type Host,
  hostKey,
  areLabelsBefore,
  MAX_HEADER,
  MAX_PORT,
} from './host-header.js';
import { BELOW, LISTED, DomainTable } from './domain-table/domain-table.js';
import { type Network, NetworkSet } from './network-set.js';
import type { NameRule } from './pattern-grammar.js';

/** The names and networks of a list: what a look-up can decide. */
export class HostIndex {
  readonly #names: DomainTable;
  /** Those with a port, in header form: `pin.example.com:8443`, `[fd00::1]:8443`. */
  readonly #pins = new DomainTable();
  readonly #networks: NetworkSet;

  /** Compiles names and networks, a slice at each step. */
  static *steps(
    names: readonly NameRule[],
    networks: readonly Network[],
  ): Generator<void, HostIndex> {
    const networkSet = yield* NetworkSet.steps(networks);
    const listed = new HostIndex(names.length, networkSet);
    for (let i = 0; i < names.length; i += SLICE) {
      if (i > 0) yield;
      listed.#add(names.slice(i, i + SLICE));
    }
    return listed;
  }

  #add(names: readonly NameRule[]): void {
    for (const { text, start, port, itself, below } of names) {
      const table = port === undefined ? this.#names : this.#pins;
      table.add(text, start, (itself ? LISTED : 0) | (below ? BELOW : 0));
    }
  }

  private constructor(size: number, networks: NetworkSet) {
    this.#names = new DomainTable(size);
    this.#networks = networks;
  }

  /** Whether a port is named anywhere, so that {@link allows} may miss a spelling of it that {@link has} knows. */
  get pinned(): boolean {
    return this.#pins.size > 0;
  }

  /**
   * Whether the value of a header is allowed as it is written: one walk, which serves nearly every request. Sound
   * because each entry is well formed, and what stands around it is checked.
   */
  allows(value: string): boolean {
    if (value.length > MAX_HEADER) return false;
    const end = endOfHost(value);
    const first = value.charCodeAt(0);
    if (first === OPEN) {
      const close = end - 1;
      return (
        value.charCodeAt(close) === CLOSE &&
        this.#networks.hasIPv6(value, 1, close)
      );
    }
    if (first <= NINE && this.#networks.hasIPv4(value, end)) return true;
    const nameEnd = value.charCodeAt(end - 1) === DOT ? end - 1 : end;
    const start = this.#names.find(value, nameEnd);
    if (start >= 0)
      return start === 0 || areLabelsBefore(value, start, nameEnd);
    if (end === value.length || this.#pins.size === 0) return false;
    const pinned = this.#pins.find(value);
    return pinned >= 0 && areLabelsBefore(value, pinned, end);
  }

  /** Whether a host is allowed. */
  has(host: Host): boolean {
    const { kind, hostname, port } = host;
    // Without a port an address is a network of one.
    if (kind === 'ipv4' && this.#networks.hasIPv4(hostname)) return true;
    if (kind === 'ipv6' && this.#networks.hasIPv6(hostname)) return true;
    if (kind === 'name' && this.#names.find(hostname) >= 0) return true;
    return (
      port !== undefined &&
      this.pinned &&
      this.#pins.find(`${hostKey(host)}:${port}`) >= 0
    );
  }
}

/**
 * Where a host ends and a port begins, its colon first; the value's own end where no port does. Read from the right,
 * which takes some steps, and without a copy of the host, which costs 40 ns.
 */
function endOfHost(value: string): number {
  let port = 0;
  let at = value.length - 1;
  for (let unit = 1; unit <= 100_000; unit *= 10, at--) {
    const digit = value.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) {
      port += digit * unit;
    } else {
      const isPort = unit > 1 && digit === COLON - ZERO && port <= MAX_PORT;
      return isPort ? at : value.length;
    }
  }
  return value.length;
}

/** How many names are added at one step. */
const SLICE = 1000;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
