import { Inject, SetMetadata } from '@nestjs/common';
import { ROUTE_RULE, type RouteRule } from './allowed-hosts.route-rule.js';
import { HostList } from './hosts/host-list.js';
import type { HostPattern } from './hosts/host-pattern.js';

/** The injection token of the machine's primary private address. */
export const PRIVATE_IP = Symbol('nestjs-allowed-hosts:private-ip');

/**
 * Allows these hosts on a controller or a handler, instead of the application's list.
 *
 * @throws {HostPatternError} when the class is declared, on a malformed pattern
 * @example
 * \@AllowHosts('admin.example.com')
 * \@Controller('admin')
 * export class AdminController {}
 */
export const AllowHosts = (...patterns: HostPattern[]) =>
  rule({
    kind: 'hosts',
    list: HostList.from(patterns, { name: '@AllowHosts patterns' }),
  });

/**
 * Allows the list and what probes send: any IP literal, `localhost`, or no Host at all.
 * Safe against DNS rebinding and Host poisoning by name, since a rebinding page always sends a name.
 * An NLB needs it (it sends its own node's address), and so do a kubelet, HAProxy and a classic ELB.
 *
 * @example
 * \@AllowProbes()
 * \@Get('readyz')
 * ready() { return 'ok'; }
 */
export const AllowProbes = () => rule({ kind: 'probes' });

/**
 * Allows any well-formed host, or none, on a controller or a handler: for routes that serve every name.
 *
 * @example
 * \@AllowAnyHost()
 * \@Get('.well-known/acme-challenge/:token')
 * challenge() {}
 */
export const AllowAnyHost = () => rule({ kind: 'any' });

/**
 * Injects the machine's primary private IPv4 address (IPv6 where it has no other) as found at start; `null` if none was
 * found by then, as outside AWS and Kubernetes. `AllowedHosts.addresses` has all current addresses.
 *
 * @example
 * constructor(@InjectPrivateIp() private readonly privateIp: string | null) {}
 */
export const InjectPrivateIp = () => Inject(PRIVATE_IP);

function rule(value: RouteRule) {
  return SetMetadata(ROUTE_RULE, value);
}
