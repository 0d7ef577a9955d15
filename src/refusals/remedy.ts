import type { ResolvedOptions } from '../allowed-hosts.options.js';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { Disallowed } from '../allowed-hosts.verdict.js';
import { type Host, hostKey, parseHostHeader } from '../hosts/host-header.js';

/**
 * What to change if the refused request is wanted; `undefined` where nothing would help. It never advises to list a
 * name that every proxied request may carry: that would allow every host.
 */
export function remedyFor(
  { reason, source }: Disallowed,
  value: string | undefined,
  { lookup }: ResolvedOptions,
  rule: RouteRule | undefined,
): string | undefined {
  if (reason === 'missing')
    return rule === undefined
      ? 'If a probe of yours sends no Host, put @AllowProbes() on its route.'
      : ruleRemedies[rule.kind];
  const host = parseHostHeader(value);
  if (reason !== 'unlisted' || !host.ok) return undefined;
  const via = isHostItself(source) ? '' : ` (it arrived in ${source})`;
  if (isOfProxy(host)) return proxyRemedy(host, via);
  if (rule?.kind === 'hosts')
    return `${ruleRemedies.hosts} If "${hostKey(host)}" is yours${via}, add it there; if not, there is nothing to do.`;
  const where = lookup ? 'hosts, or to what lookup.find knows' : 'hosts';
  if (rule?.kind === 'probes')
    return `This route has @AllowProbes(), which allows a name only if it is listed. If it is yours, add "${host.hostname}" to ${where}${via}; if not, there is nothing to do.`;
  return host.kind === 'name'
    ? `If it is yours, add "${host.hostname}" to ${where}${via}; if not, there is nothing to do.`
    : `If a load balancer or kubelet probes by address, put @AllowProbes() on its route; if clients use it, add "${hostKey(host)}" to hosts${via}.`;
}

const ruleRemedies = {
  hosts: 'This route allows only what its @AllowHosts() names.',
  probes: undefined,
  any: undefined,
} as const;

function isHostItself(source: Disallowed['source']): boolean {
  return source === 'Host' || source === ':authority';
}

/**
 * Whether a proxy that does not pass Host on sends this host: an address of this machine, `localhost`, the name of an
 * upstream, or `_`, which is the catch-all server_name of nginx.
 */
function isOfProxy({ kind, hostname }: Host): boolean {
  if (kind === 'name')
    return !hostname.includes('.') || hostname.endsWith('.localhost');
  return kind === 'ipv4'
    ? hostname.startsWith('127.') || hostname === '0.0.0.0'
    : /^::(?:1|ffff:127\.[0-9.]+)?$/.test(hostname);
}

function proxyRemedy({ kind, hostname }: Host, via: string): string {
  const probe =
    kind === 'name' && hostname !== 'localhost'
      ? ''
      : ' If a health check on this machine sends it, put @AllowProbes() on its route.';
  return `Probably your proxy does not pass Host on${via}: see docs/proxies.md. Listing this one would allow every host.${probe}`;
}
