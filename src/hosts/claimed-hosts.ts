import { forwardedHosts, xForwardedHosts } from './forwarded.js';
import { HostClaims, type ClaimFault, type HostClaim } from './host-claims.js';
import { headerLines } from './host-headers.js';

export type { ClaimFault, HostClaim, HostSource } from './host-claims.js';

/**
 * What is read of a request. Node's `IncomingMessage` and `Http2ServerRequest`
 * have it.
 */
export interface HostRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** If there are none, as in a mock, only `headers` are read. */
  readonly rawHeaders?: readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly method?: string | undefined;
}

export interface ClaimedHosts {
  readonly claims: readonly HostClaim[];
  /**
   * A probe may send no host, so a route can allow `missing`. Every other fault
   * refuses the request on every route.
   */
  readonly fault: ClaimFault | undefined;
}

/** Which headers of proxies are read; see {@link claimedHosts}. */
export interface ForwardedHeaders {
  readonly xForwardedHost: boolean;
  readonly forwarded: boolean;
}

/**
 * Finds every host that a request names, and the first fault. Each host must be
 * allowed, and they must not contradict each other. Sources: RFC 9112 §3.2
 * (request target, Host), RFC 9113 §8.3.1 (`:authority`), RFC 7239
 * (`Forwarded`).
 */
export function claimedHosts(
  request: HostRequest,
  read: ForwardedHeaders,
): ClaimedHosts {
  const claims = new HostClaims();
  const fault =
    claimHost(request, claims) ??
    claimAuthority(request, claims) ??
    claimTarget(request, claims) ??
    (read.xForwardedHost ? claimXForwardedHost(request, claims) : undefined) ??
    (read.forwarded ? claimForwarded(request, claims) : undefined) ??
    (claims.all.some(
      ({ source }) => source === 'Host' || source === ':authority',
    )
      ? undefined
      : NO_HOST);
  return { claims: claims.all, fault };
}

type Fault = ClaimFault | undefined;

function claimHost(request: HostRequest, claims: HostClaims): Fault {
  const value = request.headers['host'];
  const values = Array.isArray(value)
    ? value
    : headerLines(request.rawHeaders, 'host');
  if (values.length > 1 || Array.isArray(value)) {
    return {
      reason: 'ambiguous',
      source: 'Host',
      value: values.join(', '),
      detail: 'there is more than one Host line',
    };
  }
  return value === undefined || value === ''
    ? undefined
    : claims.add('Host', value);
}

function claimAuthority({ headers }: HostRequest, claims: HostClaims): Fault {
  if (headers[':authority'] === undefined) return undefined;
  const value = String(headers[':authority']);
  return headers['host'] === undefined
    ? claims.add(':authority', value)
    : claims.addSame(':authority', value, String(headers[':scheme']));
}

function claimTarget({ method, url }: HostRequest, claims: HostClaims): Fault {
  if (!url || url.startsWith('/') || (url === '*' && method === 'OPTIONS'))
    return undefined;
  if (method === 'CONNECT') return claims.addSame('request target', url);
  const absolute = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url);
  if (!absolute) {
    return {
      reason: 'malformed',
      source: 'request target',
      value: url,
      detail: 'the target is neither a path nor an absolute URL',
    };
  }
  const [, scheme = '', authority = ''] = absolute;
  return claims.addSame('request target', authority, scheme.toLowerCase());
}

function claimXForwardedHost(
  { headers }: HostRequest,
  claims: HostClaims,
): Fault {
  const value = String(headers['x-forwarded-host'] ?? '');
  return claims.addEach('X-Forwarded-Host', xForwardedHosts(value));
}

function claimForwarded(
  { headers, rawHeaders }: HostRequest,
  claims: HostClaims,
): Fault {
  const value = String(headers['forwarded'] ?? '');
  // Node joins the lines. A quote that opens in one line and closes in the next
  // would hide hosts, so each line is parsed too.
  const lines = headerLines(rawHeaders, 'forwarded');
  const hosts = lines.every(forwardedHosts) ? forwardedHosts(value) : undefined;
  return hosts
    ? claims.addEach('Forwarded', hosts)
    : {
        reason: 'malformed',
        source: 'Forwarded',
        value,
        detail: 'the header cannot be parsed',
      };
}

const NO_HOST: ClaimFault = {
  reason: 'missing',
  source: 'Host',
  value: undefined,
  detail: 'the request names no host',
};
