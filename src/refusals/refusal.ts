import type { ResolvedOptions } from '../allowed-hosts.options.js';
import type { Disallowed } from '../allowed-hosts.verdict.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { parseHostHeader } from '../hosts/host-header.js';

/** One refused request (in report mode: one that would have been). */
export interface Refusal {
  readonly reason: Disallowed['reason'];
  readonly source: Disallowed['source'];
  /** The value as the client sent it, cut to 256 characters: foreign and unescaped. */
  readonly value: string | undefined;
  /** Why, in words that hold nothing of the client's. */
  readonly detail: string;
  /** What to write into which option if the host is yours; `undefined` where nothing would help. */
  readonly remedy: string | undefined;
  readonly method: string | undefined;
  /** The request's target, cut to 256 characters: foreign and unescaped. */
  readonly url: string | undefined;
  /** `false` in report mode. */
  readonly enforced: boolean;
}

export function refusalOf(
  verdict: Disallowed,
  request: HostRequest,
  options: ResolvedOptions,
): Refusal {
  const value = verdict.value?.slice(0, MAX_VALUE);
  return {
    reason: verdict.reason,
    source: verdict.source,
    value,
    detail: verdict.detail,
    remedy: remedyFor(verdict, value, options),
    method: request.method,
    url: request.url?.slice(0, MAX_VALUE),
    enforced: options.mode === 'enforce',
  };
}

function remedyFor(
  { reason, source }: Disallowed,
  value: string | undefined,
  { lookup }: ResolvedOptions,
): string | undefined {
  if (reason === 'missing')
    return 'If a probe of yours sends no Host, put @AllowProbes() on its route.';
  const host = parseHostHeader(value);
  if (reason !== 'unlisted' || !host.ok) return undefined;
  if (host.kind === 'name') {
    const via =
      source === 'Host' || source === ':authority'
        ? ''
        : ` (it arrived in ${source})`;
    const where = lookup ? 'hosts, or to what lookup.find knows' : 'hosts';
    return `If it is yours, add "${host.hostname}" to ${where}${via}; if not, there is nothing to do.`;
  }
  const written = host.kind === 'ipv6' ? `[${host.hostname}]` : host.hostname;
  return `If a load balancer or kubelet probes by address, put @AllowProbes() on its route; if clients use it, add "${written}" to hosts.`;
}

const MAX_VALUE = 256;
