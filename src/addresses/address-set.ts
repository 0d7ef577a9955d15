import { isIPv4 } from 'node:net';
import type { InstanceAddress } from './address-source.js';

/** The addresses of one discovery, immutable. A request sees the old set or the new set, never a mixture. */
export interface AddressSet {
  readonly all: readonly InstanceAddress[];
  /** The first IPv4 address, else the first IPv6 address, else `null`. */
  readonly primary: string | null;
  /** Whether the set contains a canonical address; in constant time. */
  has(address: string): boolean;
}

/** Builds a frozen set. If two sources return the same address, the first source keeps it. */
export function addressSet(addresses: readonly InstanceAddress[]): AddressSet {
  const byAddress = new Map<string, InstanceAddress>();
  for (const { address, source } of addresses) {
    if (!byAddress.has(address))
      byAddress.set(address, Object.freeze({ address, source }));
  }
  const all = Object.freeze([...byAddress.values()]);
  const primary = all.find(({ address }) => isIPv4(address)) ?? all[0];
  return Object.freeze({
    all,
    primary: primary?.address ?? null,
    has: (address: string) => byAddress.has(address),
  });
}
