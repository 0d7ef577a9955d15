import { type Hextets, parseIPv4, parseIPv6 } from './ip-address.js';

/** A network as CIDR names it: RFC 4632, RFC 4291 §2.3. */
export interface Network {
  readonly family: 4 | 6;
  /** The network's number: what {@link maskIPv4} or {@link maskIPv6} makes of any address in it. */
  readonly key: number | string;
  readonly prefix: number;
}

/** The bits of an address within its first `prefix` bits. */
export function maskIPv4(bits: number, prefix: number): number {
  const hostSize = 2 ** (32 - prefix);
  return bits - (bits % hostSize);
}

/** Likewise for IPv6, as a text that is only good for comparison. */
export function maskIPv6(groups: Hextets, prefix: number): string {
  return groups
    .map((group, i) => {
      const kept = Math.min(16, Math.max(0, prefix - 16 * i));
      return String.fromCharCode(group & (0xffff << (16 - kept)) & 0xffff);
    })
    .join('');
}

/** Networks with a look-up whose cost grows with the distinct prefix lengths alone, 33 and 129 at most. */
export class NetworkSet {
  readonly #ipv4 = new Map<number, Set<number | string>>();
  readonly #ipv6 = new Map<number, Set<number | string>>();

  add({ family, key, prefix }: Network): void {
    const lengths = family === 4 ? this.#ipv4 : this.#ipv6;
    const keys = lengths.get(prefix) ?? new Set();
    lengths.set(prefix, keys.add(key));
  }

  hasIPv4(hostname: string): boolean {
    if (this.#ipv4.size === 0) return false;
    const bits = parseIPv4(hostname);
    if (bits === undefined) return false;
    for (const [prefix, keys] of this.#ipv4) {
      if (keys.has(maskIPv4(bits, prefix))) return true;
    }
    return false;
  }

  hasIPv6(hostname: string): boolean {
    if (this.#ipv6.size === 0) return false;
    const groups = parseIPv6(hostname);
    if (groups === undefined) return false;
    for (const [prefix, keys] of this.#ipv6) {
      if (keys.has(maskIPv6(groups, prefix))) return true;
    }
    return false;
  }
}
