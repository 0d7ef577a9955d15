import { type Hextets, parseIPv4, parseIPv6 } from './ip-address.js';

/** A network as CIDR names it: RFC 4632, RFC 4291 §2.3. */
export interface Network {
  /** Its lowest address: two groups of 16 bits for IPv4, eight for IPv6. */
  readonly groups: Hextets;
  readonly prefix: number;
}

/** The two groups of an IPv4 address. */
export function groupsOf(bits: number): Hextets {
  return [Math.floor(bits / 65_536), bits % 65_536];
}

/** An address with all but its first `prefix` bits at zero. */
export function masked(groups: Hextets, prefix: number): Hextets {
  return groups.map((group, i) => group & maskOf(prefix - 16 * i));
}

/** Networks with a look-up whose cost does not grow with the number of their prefix lengths: one binary search. */
export class NetworkSet {
  readonly #ipv4: SortedNetworks;
  readonly #ipv6: SortedNetworks;

  constructor(networks: readonly Network[]) {
    const ofSize = (size: number) =>
      networks.filter(({ groups }) => groups.length === size);
    this.#ipv4 = new SortedNetworks(ofSize(2), 2);
    this.#ipv6 = new SortedNetworks(ofSize(8), 8);
  }

  /** Whether the text, up to `end`, is an IPv4 address in one of the networks. */
  hasIPv4(text: string, end = text.length): boolean {
    if (this.#ipv4.size === 0) return false;
    const bits = parseIPv4(text, 0, end);
    return bits !== undefined && this.#ipv4.has(groupsOf(bits));
  }

  /** Whether the text, from `start` up to `end`, is an IPv6 address in one of the networks. */
  hasIPv6(text: string, start = 0, end = text.length): boolean {
    if (this.#ipv6.size === 0) return false;
    const groups = parseIPv6(text, start, end);
    return groups !== undefined && this.#ipv6.has(groups);
  }
}

/** Two networks are apart or one holds the other; without those held, at most one can hold an address. */
class SortedNetworks {
  readonly size: number;
  readonly #groups: Uint16Array;
  readonly #prefixes: Uint8Array;

  constructor(
    networks: readonly Network[],
    private readonly width: number,
  ) {
    const kept: Network[] = [];
    for (const network of networks.toSorted(lowestAndWidestFirst)) {
      const last = kept.at(-1);
      if (last && sharesBits(network.groups, last.groups, 0, last.prefix))
        continue;
      kept.push(network);
    }
    this.size = kept.length;
    this.#groups = Uint16Array.from(kept.flatMap(({ groups }) => groups));
    this.#prefixes = Uint8Array.from(kept, ({ prefix }) => prefix);
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
    return sharesBits(address, this.#groups, (low - 1) * this.width, prefix);
  }

  /** Whether a network starts after an address. */
  #isAfter(index: number, address: Hextets): boolean {
    const from = index * this.width;
    for (let i = 0; i < this.width; i++) {
      const difference = (this.#groups[from + i] ?? 0) - (address[i] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }
}

function lowestAndWidestFirst(one: Network, other: Network): number {
  for (const [i, group] of one.groups.entries()) {
    const difference = group - (other.groups[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.prefix - other.prefix;
}

function sharesBits(
  one: Hextets,
  other: ArrayLike<number>,
  from: number,
  prefix: number,
): boolean {
  for (let i = 0; 16 * i < prefix; i++) {
    const differing = (one[i] ?? 0) ^ (other[from + i] ?? 0);
    if ((differing & maskOf(prefix - 16 * i)) !== 0) return false;
  }
  return true;
}

/** The 16 bits of a mask of which `bits` are set, from the left. */
function maskOf(bits: number): number {
  if (bits >= 16) return 0xffff;
  return bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff;
}
