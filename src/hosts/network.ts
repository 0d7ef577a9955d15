import type { Hextets } from './ip-address.js';

/** A network in CIDR notation: RFC 4632, RFC 4291 §2.3. */
export interface Network {
  /**
   * Its lowest address, in groups of 16 bits: two groups for IPv4, eight for
   * IPv6.
   */
  readonly groups: Hextets;
  readonly prefix: number;
}

/** The two groups of an IPv4 address. */
export function groupsOf(bits: number): Hextets {
  return [Math.floor(bits / 65_536), bits % 65_536];
}

/** The address with all bits after the first `prefix` bits set to 0. */
export function masked(groups: Hextets, prefix: number): Hextets {
  return groups.map((group, i) => group & maskOf(prefix - 16 * i));
}

/**
 * Whether an address, or the lowest address of a network, has the first bits of
 * another one.
 *
 * @param from where the other one begins in `other`
 */
export function sharesBits(
  one: Hextets,
  other: ArrayLike<number>,
  from: number,
  prefix: number,
): boolean {
  // Stryker disable next-line EqualityOperator: a mask without bits changes nothing
  for (let i = 0; 16 * i < prefix; i++) {
    const differing = (one[i] ?? 0) ^ (other[from + i] ?? 0);
    if ((differing & maskOf(prefix - 16 * i)) !== 0) return false;
  }
  return true;
}

/** A mask of 16 bits with the first `bits` bits set. */
function maskOf(bits: number): number {
  // Stryker disable next-line EqualityOperator: a shift by 0 gives the same mask
  if (bits >= 16) return 0xffff;
  // Stryker disable next-line EqualityOperator: a shift by 16 leaves no bit
  return bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff;
}
