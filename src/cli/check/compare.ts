import {
  headerOf,
  type Exchange,
  type HttpResponse,
} from '../http/exchange.js';

/**
 * What happened to a request, compared with what happens to a host of the user.
 * `same`: both got the same error, so nothing follows from it. `elsewhere`: it
 * got another site, or was redirected to the host of the user.
 */
export type Outcome =
  'served' | 'refused' | 'same' | 'elsewhere' | 'failed' | 'silent';

/**
 * @param own what the same request for a host of the user got
 * @param ownHosts what that request named: a response may repeat it
 * @param foreignHosts what this request named besides
 */
export function outcomeOf(
  exchange: Exchange,
  own: Exchange | undefined,
  ownHosts: readonly string[],
  foreignHosts: readonly string[],
): Outcome {
  if (exchange.kind === 'none') return 'silent';
  const { status } = exchange;
  const control = own?.kind === 'response' ? own : undefined;
  if (
    control?.status === status &&
    isLike(exchange, control, [...ownHosts, ...foreignHosts])
  )
    return status < 400 ? 'served' : 'same';
  if (status >= 500) return 'failed';
  if (status >= 400) return 'refused';
  if (status >= 300)
    return redirectsAway(exchange, foreignHosts) ? 'elsewhere' : 'served';
  const bothServed = control !== undefined && control.status < 300;
  return bothServed && status === control.status ? 'elsewhere' : 'served';
}

/** Whether two responses with the same status come from the same site. */
function isLike(
  a: HttpResponse,
  b: HttpResponse,
  hosts: readonly string[],
): boolean {
  if (a.status >= 300 && a.status < 400)
    return (
      masked(headerOf(a, 'location'), hosts) ===
      masked(headerOf(b, 'location'), hosts)
    );
  // A page may contain the time or a token. An error page is compared strictly: a refusal is one, too.
  const limit = a.status < 400 ? 0.5 : 0.9;
  return similarity(masked(a.body, hosts), masked(b.body, hosts)) >= limit;
}

/** Whether a redirect leads away from the foreign host, probably to the host of the user. */
function redirectsAway(
  response: HttpResponse,
  foreignHosts: readonly string[],
): boolean {
  const location = headerOf(response, 'location');
  return (
    URL.canParse(location) &&
    !foreignHosts.some((host) => location.includes(host))
  );
}

/** Which words two texts share: 1 if all, 0 if none. */
function similarity(a: string, b: string): number {
  const [first, second] = [wordsOf(a), wordsOf(b)];
  const shared = [...first].filter((word) => second.has(word)).length;
  const all = first.size + second.size - shared;
  return all === 0 ? 1 : shared / all;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.match(/\w+/g));
}

/** Replaces hosts by a word, longest first, because one may contain another. */
function masked(text: string, hosts: readonly string[]): string {
  return hosts
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, host) => rest.replaceAll(host, 'HOST'), text);
}

/** Where a response repeats a text: `the body`, or the name of a header. */
export function placesOf(
  response: HttpResponse,
  text: string,
): readonly string[] {
  return [
    ...response.headers
      .filter(([, value]) => value.toLowerCase().includes(text))
      .map(([name]) => `the header ${name}`),
    ...(response.body.toLowerCase().includes(text) ? ['the body'] : []),
  ];
}

/**
 * Whether a cache may store a response: because the response allows it, or
 * because its status does and no header forbids it (RFC 9111 §4.2.2).
 */
export function mayBeCached(response: HttpResponse): boolean {
  const control = headerOf(response, 'cache-control').toLowerCase();
  if (/no-store|no-cache|private|max-age=0\b/.test(control)) return false;
  if (/public|max-age=\d|s-maxage=\d/.test(control)) return true;
  if (headerOf(response, 'expires') !== '')
    return Date.parse(headerOf(response, 'expires')) > Date.now();
  return CACHEABLE.has(response.status);
}

/** RFC 9110 §15.1. */
const CACHEABLE = new Set([
  200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501,
]);
