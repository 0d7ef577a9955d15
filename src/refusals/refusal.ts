import type { ResolvedOptions } from '../allowed-hosts.options.js';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { Disallowed } from '../allowed-hosts.verdict.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { detachString } from '../hosts/detach-string.js';
import { remedyFor } from './remedy.js';

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
  /**
   * The address of the socket's peer, e.g. that of the proxy; `undefined` where the request has no socket. It is not
   * read from any header.
   */
  readonly remoteAddress: string | undefined;
  /** The `User-Agent` as the client sent it, cut to 256 characters: foreign and unescaped. */
  readonly userAgent: string | undefined;
  /** `false` in report mode. */
  readonly enforced: boolean;
}

/** @param rule the route's own rule, where the route is known and has one */
export function refusalOf(
  verdict: Disallowed,
  request: HostRequest,
  options: ResolvedOptions,
  rule?: RouteRule,
): Refusal {
  const value = kept(verdict.value);
  return {
    reason: verdict.reason,
    source: verdict.source,
    value,
    detail: verdict.detail,
    remedy: remedyFor(verdict, value, options, rule),
    method: request.method,
    url: kept(request.url),
    remoteAddress: peerOf(request),
    userAgent: kept(request.headers['user-agent']),
    enforced: options.mode === 'enforce',
  };
}

/** Cut, and a copy of its own: a subscriber may keep refusals, and must not keep whole requests with them. */
function kept(value: string | string[] | undefined): string | undefined {
  return value === undefined
    ? undefined
    : detachString(String(value).slice(0, MAX_VALUE));
}

function peerOf(request: HostRequest): string | undefined {
  try {
    const { socket } = request as { readonly socket?: unknown };
    const address = (socket as { readonly remoteAddress?: unknown } | undefined)
      ?.remoteAddress;
    return typeof address === 'string' ? address : undefined;
  } catch {
    // HTTP/2 throws where the session has ended.
    return undefined;
  }
}

const MAX_VALUE = 256;
