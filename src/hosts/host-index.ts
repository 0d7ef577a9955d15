import {
  CLOSE_BRACKET,
  COLON,
  DOT,
  NINE,
  OPEN_BRACKET,
  ZERO,
} from './character-codes.js';
import { withPort } from './configured-host.js';
import { APEX, DomainTable, SUBDOMAINS } from './domain-table/domain-table.js';
import {
  areLabelsBefore,
  MAX_HEADER,
  MAX_PORT,
  type Host,
} from './host-header.js';
import { NetworkSet } from './network-set.js';
import type { Network } from './network.js';
import type { NameRule } from './pattern-grammar.js';

/** The names and networks of a list. */
export class HostIndex {
  readonly #names: DomainTable;
  /**
   * Hosts with a port, in header form: `example.com:8443`, `[fd00::1]:8443`.
   */
  readonly #hostsWithPort = new DomainTable();
  readonly #networks: NetworkSet;

  /** Compiles names and networks, a slice at each step. */
  static *steps(
    names: readonly NameRule[],
    networks: readonly Network[],
  ): Generator<void, HostIndex> {
    const networkSet = yield* NetworkSet.steps(networks);
    const index = new HostIndex(names.length, networkSet);
    for (const [i, name] of names.entries()) {
      index.#add(name);
      if (i % SLICE === SLICE - 1) yield;
    }
    return index;
  }

  private constructor(size: number, networks: NetworkSet) {
    this.#names = new DomainTable(size);
    this.#networks = networks;
  }

  #add({ text, start, port, apex, subdomains }: NameRule): void {
    const table = port === undefined ? this.#names : this.#hostsWithPort;
    table.add(text, start, (apex ? APEX : 0) | (subdomains ? SUBDOMAINS : 0));
  }

  /**
   * Whether a pattern has a port. If so, {@link allows} can reject a spelling
   * of the port that {@link has} allows.
   */
  get hasPorts(): boolean {
    // Stryker disable next-line ConditionalExpression,EqualityOperator: fast path, see bench
    return this.#hostsWithPort.size > 0;
  }

  /**
   * Whether the unparsed value of a header is allowed. Fast path of nearly
   * every request, see bench/RESULTS.md. No parse is needed: each stored host
   * is well formed, and the rest of the value is checked here.
   */
  allows(value: string): boolean {
    // Stryker disable next-line ConditionalExpression,EqualityOperator: no such value is found, this only bounds the time
    if (value.length > MAX_HEADER) return false;
    const end = endOfHost(value);
    const first = value.charCodeAt(0);
    if (first === OPEN_BRACKET) {
      const close = end - 1;
      return (
        value.charCodeAt(close) === CLOSE_BRACKET &&
        this.#networks.hasIPv6(value, 1, close)
      );
    }
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (first <= NINE && this.#networks.hasIPv4(value, end)) return true;
    const nameEnd = value.charCodeAt(end - 1) === DOT ? end - 1 : end;
    const start = this.#names.find(value, nameEnd);
    if (start >= 0) return areLabelsBefore(value, start, nameEnd);
    // Stryker disable next-line ConditionalExpression,LogicalOperator: fast path, see bench
    if (end === value.length || this.#hostsWithPort.size === 0) return false;
    const startWithPort = this.#hostsWithPort.find(value);
    return startWithPort >= 0 && areLabelsBefore(value, startWithPort, end);
  }

  /** Whether a parsed host is allowed. */
  has(host: Host): boolean {
    // An address without a port is a network of one address.
    return (
      this.#networks.hasIPv4(host.hostname) ||
      this.#networks.hasIPv6(host.hostname) ||
      this.#names.find(host.hostname) >= 0 ||
      this.#hostsWithPort.find(withPort(host)) >= 0
    );
  }
}

/**
 * Where the host ends: at the colon before its port, or at the end of the
 * value. It reads from the right, which takes a few steps, and copies nothing.
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
