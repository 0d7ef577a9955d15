import { isIPv4 } from 'node:net';
import type { InstanceAddress } from './address-source.js';

/** One answer, whole: what a request sees is the old one or the new one, never a mixture. */
export interface AddressSet {
  readonly all: readonly InstanceAddress[];
  readonly primary: string | null;
  has(address: string): boolean;
}

/** Freezes what was found; an address that two sources name keeps the first. */
export function addressSet(found: readonly InstanceAddress[]): AddressSet {
  const byAddress = new Map<string, InstanceAddress>();
  for (const { address, source } of found) {
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
