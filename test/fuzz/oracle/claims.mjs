// Which hosts a request names, and whether they contradict each other (docs/security.md).
import { hostOf } from './hosts.mjs';

const DEFAULT_PORTS = { http: 80, ws: 80, https: 443, wss: 443 };
const trim = (text) => text.replace(/^[ \t]+|[ \t]+$/g, '');

/** The values of a field, in the order of its lines. */
export const valuesOf = ({ fields, protocol }, wanted) =>
  fields
    .filter(([name]) => name === wanted)
    .filter(([, value]) => protocol !== 'http2' || !isDropped(wanted, value))
    .map(([, value]) => (protocol === 'http2' ? value : trim(value)));

const isControl = (character) =>
  (character < ' ' && character !== '\t') || character === '\x7f';

/**
 * Whether Node drops a field of HTTP/2, because it is malformed (RFC 9113 §8.2.1). Then no code can read it. A malformed
 * pseudo-header field resets the stream instead.
 */
function isDropped(name, value) {
  if (name.startsWith(':')) return false;
  if (name === 'host' && /[^\w.~!$&'()*+,;=:[\]%-]/.test(value)) return true;
  return trim(value) !== value || [...value].some(isControl);
}

/**
 * Returns the hosts that a request names, each `undefined` if it is malformed. Returns `undefined` if the request is
 * refused under every rule.
 *
 * @param reads which headers of proxies are read: `{ xForwardedHost, forwarded }`
 */
export function claimsOf(request, reads) {
  const hosts = valuesOf(request, 'host');
  const authorities = valuesOf(request, ':authority');
  if (hosts.length > 1 || authorities.length > 1) return undefined;
  const claims = [...hosts, ...authorities]
    .filter((value) => value !== '')
    .map(hostOf);
  const [scheme = ''] = valuesOf(request, ':scheme');
  if (claims.length === 2 && !agree(...claims, scheme)) return undefined;
  if (!targetAgrees(request, claims[0])) return undefined;
  if (reads.xForwardedHost) claims.push(...xForwardedHosts(request));
  if (reads.forwarded)
    for (const { hosts: named, broken } of request.forwarded)
      claims.push(...(broken ? [undefined] : named.map(hostOf)));
  return claims;
}

function agree(one, other, scheme) {
  if (one?.name === undefined || one.name !== other?.name) return false;
  const usual = DEFAULT_PORTS[scheme.toLowerCase()];
  return (one.port ?? usual) === (other.port ?? usual);
}

/** A path names no host. An absolute target, and that of CONNECT, must name the same host as Host. */
function targetAgrees({ method, target, protocol, isTunnel }, host) {
  if (protocol === 'http2' && isTunnel && target === undefined) return true;
  const text = trim(target);
  if (text.startsWith('/')) return true;
  if (text === '*' && method === 'OPTIONS') return true;
  if (method === 'CONNECT') return agree(hostOf(text), host, '');
  const absolute = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text);
  return absolute !== null && agree(hostOf(absolute[2]), host, absolute[1]);
}

/** Frameworks report Host if the header is empty. */
function xForwardedHosts(request) {
  const lines = valuesOf(request, 'x-forwarded-host').join(',');
  return lines === ''
    ? []
    : lines.split(',').map((entry) => hostOf(trim(entry)));
}
