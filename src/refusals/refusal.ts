import type { ResolvedOptions } from '../allowed-hosts.options.js';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { Disallowed } from '../allowed-hosts.verdict.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { detachString } from '../hosts/detach-string.js';
import { remedyFor } from './remedy.js';

/**
 * A refused request. In report mode, a request that would be refused in
 * `enforce` mode.
 */
export interface Refusal {
  readonly reason: Disallowed['reason'];
  readonly source: Disallowed['source'];
  /**
   * The host as the client sent it, cut to 256 characters. It is not escaped.
   */
  readonly value: string | undefined;
  /** Why. The text contains nothing that the client sent. */
  readonly detail: string;
  /**
   * What to write in which option if the host is yours; `undefined` if no
   * change would help.
   */
  readonly remedy: string | undefined;
  readonly method: string | undefined;
  /** The request target, cut to 256 characters. It is not escaped. */
  readonly url: string | undefined;
  /**
   * The address of the socket's peer, e.g. of the proxy; `undefined` if the
   * request has no socket. It does not come from a header.
   */
  readonly remoteAddress: string | undefined;
  /**
   * The `User-Agent` as the client sent it, cut to 256 characters. It is not
   * escaped.
   */
  readonly userAgent: string | undefined;
  /** `false` in report mode. */
  readonly enforced: boolean;
}

/** @param rule the rule of the route, if the route is known and has one */
export function refusalOf(
  verdict: Disallowed,
  request: HostRequest,
  options: ResolvedOptions,
  rule?: RouteRule,
): Refusal {
  const value = copyOf(verdict.value);
  return {
    reason: verdict.reason,
    source: verdict.source,
    value,
    detail: verdict.detail,
    remedy: remedyFor(verdict, value, options, rule),
    method: request.method,
    url: copyOf(request.url),
    remoteAddress: peerOf(request),
    userAgent: copyOf(request.headers['user-agent']),
    enforced: options.mode === 'enforce',
  };
}

/**
 * Cut and detached: a subscriber that stores refusals must not keep whole
 * requests in memory.
 */
function copyOf(value: string | string[] | undefined): string | undefined {
  return value === undefined
    ? undefined
    : detachString(String(value).slice(0, MAX_LENGTH));
}

function peerOf(request: HostRequest): string | undefined {
  try {
    const { socket } = request as { readonly socket?: unknown };
    const address = (socket as { readonly remoteAddress?: unknown } | undefined)
      ?.remoteAddress;
    return typeof address === 'string' ? address : undefined;
  } catch {
    // HTTP/2 throws after the session has ended.
    return undefined;
  }
}

const MAX_LENGTH = 256;
