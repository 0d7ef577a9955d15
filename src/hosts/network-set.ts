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
  readonly #groups: Uint16Array;
  readonly #prefixes: Uint8Array;

  static *steps(
    networks: readonly Network[],
    width: number,
  ): Generator<void, SortedNetworks> {
    const kept: Network[] = [];
    for (const network of yield* sorted(networks, width)) {
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

  private constructor(
    readonly size: number,
    private readonly width: number,
  ) {
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

/** The networks with so many groups, lowest and widest first: a merge sort, a slice at each step. */
function* sorted(
  networks: readonly Network[],
  width: number,
): Generator<void, readonly Network[]> {
  let runs: (readonly Network[])[] = [];
  for (let i = 0; i < networks.length; i += SLICE) {
    const run = networks
      .slice(i, i + SLICE)
      .filter(({ groups }) => groups.length === width);
    runs.push(run.sort(lowestAndWidestFirst));
    if (i > 0) yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Network[])[] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(
  one: readonly Network[],
  other: readonly Network[],
): Generator<void, readonly Network[]> {
  const merged: Network[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = one[i];
    const right = other[j];
    const next =
      left && (!right || lowestAndWidestFirst(left, right) <= 0) ? left : right;
    if (next === undefined) return merged;
    if (next === left) i++;
    else j++;
    merged.push(next);
    if (merged.length % SLICE === 0) yield;
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

/** How many networks are handled at one step. */
const SLICE = 1000;
