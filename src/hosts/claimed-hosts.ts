import { forwardedHosts, xForwardedHosts } from './forwarded.js';
import { type Host, parseHostHeader } from './host-header.js';
import { countHostHeaders, lineValues } from './host-headers.js';

/** Where in a request a host is named. */
export type HostSource =
  'Host' | ':authority' | 'request target' | 'X-Forwarded-Host' | 'Forwarded';

/** What of a request is read: Node's `IncomingMessage` and `Http2ServerRequest` have it. */
export interface HostRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Without them, as in a mock, `headers` alone are read. */
  readonly rawHeaders?: readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly method?: string | undefined;
}

/** A host that a request names. */
export interface HostClaim {
  readonly source: HostSource;
  readonly value: string;
  readonly host: Host;
}

/** Why a request's hosts cannot be judged one by one. */
export interface ClaimFault {
  readonly reason: 'missing' | 'malformed' | 'ambiguous' | 'conflicting';
  readonly source: HostSource;
  readonly value: string | undefined;
  readonly detail: string;
}

export interface ClaimedHosts {
  readonly claims: readonly HostClaim[];
  /** A `missing` host may be what a probe sends; every other fault refuses on every route. */
  readonly fault: ClaimFault | undefined;
}

/** Which headers of proxies are read; see {@link claimedHosts}. */
export interface ForwardedHeaders {
  readonly xForwardedHost: boolean;
  readonly forwarded: boolean;
}

/**
 * Every host that a request names (SPEC: each must be allowed, and they must not contradict each other), or the
 * first contradiction. Sources: RFC 9112 §3.2 (target, Host), RFC 9113 §8.3.1 (`:authority`), RFC 7239.
 */
export function claimedHosts(
  request: HostRequest,
  read: ForwardedHeaders,
): ClaimedHosts {
  const claims: HostClaim[] = [];
  const fault =
    claimHost(request, claims) ??
    claimAuthority(request, claims) ??
    claimTarget(request, claims) ??
    (read.xForwardedHost ? claimXForwardedHost(request, claims) : undefined) ??
    (read.forwarded ? claimForwarded(request, claims) : undefined) ??
    (claims.some(({ source }) => source === 'Host' || source === ':authority')
      ? undefined
      : NO_HOST);
  return { claims, fault };
}

type Found = ClaimFault | undefined;

function claimHost(request: HostRequest, claims: HostClaim[]): Found {
  const value = request.headers['host'];
  if (countHostHeaders(request.rawHeaders) > 1 || Array.isArray(value)) {
    return {
      reason: 'ambiguous',
      source: 'Host',
      value: (Array.isArray(value)
        ? value
        : lineValues(request.rawHeaders, 'host')
      ).join(', '),
      detail: 'there is more than one Host line',
    };
  }
  return value === undefined || value === ''
    ? undefined
    : claim('Host', value, claims);
}

function claimAuthority(request: HostRequest, claims: HostClaim[]): Found {
  const value = request.headers[':authority'];
  if (value === undefined) return undefined;
  const fault = claim(':authority', String(value), claims);
  if (fault || request.headers['host'] === undefined) return fault;
  const scheme = String(request.headers[':scheme']);
  return contradiction(
    claims,
    ':authority',
    String(value),
    DEFAULT_PORTS.get(scheme),
  );
}

function claimTarget(request: HostRequest, claims: HostClaim[]): Found {
  const { method, url } = request;
  if (!url || url.startsWith('/') || (url === '*' && method === 'OPTIONS'))
    return undefined;
  if (method === 'CONNECT') {
    return (
      claim('request target', url, claims) ??
      contradiction(claims, 'request target', url, undefined)
    );
  }
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
  return (
    claim('request target', authority, claims) ??
    contradiction(
      claims,
      'request target',
      authority,
      DEFAULT_PORTS.get(scheme.toLowerCase()),
    )
  );
}

function claimXForwardedHost(request: HostRequest, claims: HostClaim[]): Found {
  const value = request.headers['x-forwarded-host'];
  if (value === undefined) return undefined;
  return claimList('X-Forwarded-Host', xForwardedHosts(String(value)), claims);
}

function claimForwarded(request: HostRequest, claims: HostClaim[]): Found {
  const value = request.headers['forwarded'];
  if (value === undefined) return undefined;
  // A quote that one line opens and the next closes hides hosts from who reads the joined lines alone.
  const lines = lineValues(request.rawHeaders, 'forwarded');
  const hosts = lines.every(forwardedHosts)
    ? forwardedHosts(String(value))
    : undefined;
  return hosts
    ? claimList('Forwarded', hosts, claims)
    : {
        reason: 'malformed',
        source: 'Forwarded',
        value: String(value),
        detail: 'the header does not parse',
      };
}

function claimList(
  source: HostSource,
  values: readonly string[],
  claims: HostClaim[],
): Found {
  for (const value of values) {
    const fault = claim(source, value, claims);
    if (fault) return fault;
  }
  return undefined;
}

function claim(source: HostSource, value: string, claims: HostClaim[]): Found {
  const host = parseHostHeader(value);
  if (!host.ok)
    return { reason: 'malformed', source, value, detail: host.detail };
  claims.push({ source, value, host });
  return undefined;
}

/** Whether the newest claim and the `Host` (or, in HTTP/2, the `:authority`) name two places. */
function contradiction(
  claims: readonly HostClaim[],
  source: HostSource,
  value: string,
  defaultPort: number | undefined,
): Found {
  const newest = claims.at(-1);
  const first = claims[0];
  const same =
    newest !== undefined &&
    first !== undefined &&
    first !== newest &&
    newest.host.kind === first.host.kind &&
    newest.host.hostname === first.host.hostname &&
    (newest.host.port ?? defaultPort) === (first.host.port ?? defaultPort);
  return same
    ? undefined
    : {
        reason: 'conflicting',
        source,
        value,
        detail: 'it names another place than Host does',
      };
}

const NO_HOST: ClaimFault = {
  reason: 'missing',
  source: 'Host',
  value: undefined,
  detail: 'the request names no host',
};

const DEFAULT_PORTS = new Map([
  ['http', 80],
  ['ws', 80],
  ['https', 443],
  ['wss', 443],
]);
