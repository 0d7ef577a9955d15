import type { ResolvedOptions } from '../allowed-hosts.options.js';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { Disallowed } from '../allowed-hosts.verdict.js';
import { hostKey, parseHostHeader, type Host } from '../hosts/host-header.js';

/**
 * What to change if the refused request should be allowed; `undefined` if no
 * change would help. It never suggests a name that a proxy sends with every
 * request, because listing that name would allow every host.
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
      : RULE_REMEDIES[rule.kind];
  const host = parseHostHeader(value);
  if (reason !== 'unlisted' || !host.ok) return undefined;
  const via = isDirect(source) ? '' : ` (it arrived in ${source})`;
  if (isFromProxy(host)) return proxyRemedy(host, via);
  if (rule?.kind === 'hosts')
    return `${RULE_REMEDIES.hosts} If "${hostKey(host)}" is yours${via}, add it there; if not, there is nothing to do.`;
  const where = lookup
    ? 'hosts, or to the names that lookup.find allows'
    : 'hosts';
  if (rule?.kind === 'probes')
    return `This route has @AllowProbes(), which allows a name only if it is listed. If it is yours, add "${host.hostname}" to ${where}${via}; if not, there is nothing to do.`;
  return host.kind === 'name'
    ? `If it is yours, add "${host.hostname}" to ${where}${via}; if not, there is nothing to do.`
    : `If a load balancer or kubelet probes by address, put @AllowProbes() on its route; if clients use it, add "${hostKey(host)}" to hosts${via}.`;
}

function isDirect(source: Disallowed['source']): boolean {
  return source === 'Host' || source === ':authority';
}

/**
 * Whether a host probably comes from a proxy that does not pass Host on: a
 * loopback address, `localhost`, the name of an upstream, or `_`, the catch-all
 * server_name of nginx.
 */
function isFromProxy({ kind, hostname }: Host): boolean {
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
  return `Probably your proxy does not pass Host on${via}: see docs/proxies.md. Listing this one would allow every host.${probe} On your own machine, see docs/local-development.md.`;
}

const RULE_REMEDIES = {
  hosts: 'This route allows only the hosts in its @AllowHosts().',
  probes: undefined,
  any: undefined,
} as const;
