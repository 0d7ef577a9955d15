import { parseIPv4, parseIPv6, type Hextets } from './ip-address.js';
import { groupsOf, sharesBits, type Network } from './network.js';
import { sortNetworks } from './sort-networks.js';

/**
 * A set of networks. A lookup is one binary search, however many prefix lengths
 * the set has.
 */
export class NetworkSet {
  readonly #ipv4: SortedNetworks;
  readonly #ipv6: SortedNetworks;

  /** Builds a set, a slice at each step. */
  static *steps(networks: readonly Network[]): Generator<void, NetworkSet> {
    return new NetworkSet(
      yield* SortedNetworks.steps(networks, 2),
      yield* SortedNetworks.steps(networks, 8),
    );
  }

  private constructor(ipv4: SortedNetworks, ipv6: SortedNetworks) {
    this.#ipv4 = ipv4;
    this.#ipv6 = ipv6;
  }

  /**
   * Whether the text, up to `end`, is an IPv4 address in one of the networks.
   */
  hasIPv4(text: string, end = text.length): boolean {
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (this.#ipv4.size === 0) return false;
    const bits = parseIPv4(text, 0, end);
    return bits !== undefined && this.#ipv4.has(groupsOf(bits));
  }

  /**
   * Whether the text, from `start` up to `end`, is an IPv6 address in one of
   * the networks.
   */
  hasIPv6(text: string, start = 0, end = text.length): boolean {
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (this.#ipv6.size === 0) return false;
    const groups = parseIPv6(text, start, end);
    return groups !== undefined && this.#ipv6.has(groups);
  }
}

/**
 * The networks of one family, in the order of their addresses. Two networks are
 * disjoint or one contains the other. The contained ones are left out, so at
 * most one network contains an address.
 */
class SortedNetworks {
  readonly size: number;
  /** How many groups an address has. */
  readonly #width: number;
  readonly #groups: Uint16Array;
  readonly #prefixes: Uint8Array;

  static *steps(
    networks: readonly Network[],
    width: number,
  ): Generator<void, SortedNetworks> {
    const kept: Network[] = [];
    for (const network of yield* sortNetworks(networks, width)) {
      const last = kept.at(-1);
      if (last && sharesBits(network.groups, last.groups, 0, last.prefix))
        continue;
      kept.push(network);
      if (kept.length % SLICE === 0) yield;
    }
    const set = new SortedNetworks(kept.length, width);
    for (const [i, { groups, prefix }] of kept.entries()) {
      set.#groups.set(groups, i * width);
      set.#prefixes[i] = prefix;
      if (i % SLICE === SLICE - 1) yield;
    }
    return set;
  }

  private constructor(size: number, width: number) {
    this.size = size;
    this.#width = width;
    this.#groups = new Uint16Array(size * width);
    this.#prefixes = new Uint8Array(size);
  }

  has(address: Hextets): boolean {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isAfter(middle, address)) high = middle;
      else low = middle + 1;
    }
    if (low === 0) return false;
    const prefix = this.#prefixes[low - 1] ?? 0;
    return sharesBits(address, this.#groups, (low - 1) * this.#width, prefix);
  }

  /** Whether the network at an index begins after an address. */
  #isAfter(index: number, address: Hextets): boolean {
    const from = index * this.#width;
    for (let i = 0; i < this.#width; i++) {
      const difference = (this.#groups[from + i] ?? 0) - (address[i] ?? 0);
      // Stryker disable next-line EqualityOperator: the difference is not 0
      if (difference !== 0) return difference > 0;
    }
    return false;
  }
}

/** How many networks are processed at one step. */
const SLICE = 1000;
