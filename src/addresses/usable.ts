import { BlockList, isIPv4 } from 'node:net';

const unusable = new BlockList();
unusable.addSubnet('0.0.0.0', 8, 'ipv4');
unusable.addSubnet('127.0.0.0', 8, 'ipv4');
unusable.addSubnet('169.254.0.0', 16, 'ipv4');
unusable.addSubnet('224.0.0.0', 4, 'ipv4');
unusable.addAddress('255.255.255.255', 'ipv4');
// Unspecified, loopback and the deprecated IPv4-compatible addresses. IPv4-mapped ones are checked as IPv4.
unusable.addSubnet('::', 96, 'ipv6');
unusable.addSubnet('fe80::', 10, 'ipv6');
unusable.addSubnet('ff00::', 8, 'ipv6');

/**
 * Whether another machine can reach this one at an address. An unspecified, loopback, link-local, multicast or
 * broadcast address in `Host` comes from no load balancer.
 */
export function isUsable(address: string): boolean {
  return !unusable.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
