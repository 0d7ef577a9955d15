import { BlockList, isIPv4 } from 'node:net';

/**
 * Whether another machine can reach this one at an address. No load balancer sends an unspecified, loopback,
 * link-local, multicast or broadcast address in `Host`.
 */
export function isUsable(address: string): boolean {
  return !UNUSABLE.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

const UNUSABLE = new BlockList();
UNUSABLE.addSubnet('0.0.0.0', 8, 'ipv4');
UNUSABLE.addSubnet('127.0.0.0', 8, 'ipv4');
UNUSABLE.addSubnet('169.254.0.0', 16, 'ipv4');
UNUSABLE.addSubnet('224.0.0.0', 4, 'ipv4');
UNUSABLE.addAddress('255.255.255.255', 'ipv4');
// Covers the unspecified, the loopback and the deprecated IPv4-compatible addresses.
// BlockList checks an IPv4-mapped address as IPv4.
UNUSABLE.addSubnet('::', 96, 'ipv6');
UNUSABLE.addSubnet('fe80::', 10, 'ipv6');
UNUSABLE.addSubnet('ff00::', 8, 'ipv6');
