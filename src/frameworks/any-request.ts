import type { EventEmitter } from 'node:events';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { PlainRequest } from './plain-request.js';

/** A request as Express, Fastify or Node hand it out, or one with the `Headers` of the Fetch API. */
export type AnyRequest =
  HostRequest | { readonly raw: HostRequest } | { readonly headers: Headers };

/**
 * Node's own request below the framework's, or what a mock or a serverless adapter has in its place. Node's has raw
 * headers: reading one property is faster than `in`, and middleware may set `raw` to anything.
 */
export function rawRequest(request: AnyRequest): HostRequest {
  if (hasRawHeaders(request)) return request;
  const source = requestBelow(request);
  return hasRawHeaders(source) ? source : PlainRequest.of(source);
}

const hasRawHeaders = (request: object): request is HostRequest =>
  Array.isArray((request as Partial<HostRequest>).rawHeaders);

/** Fastify's request has another one in `raw`. */
function requestBelow(request: object): object {
  const { raw } = request as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null && 'headers' in raw
    ? raw
    : request;
}

/**
 * Whether the framework would take `X-Forwarded-Host` for `req.hostname` from the peer of this request; `undefined`
 * where the request is Node's own and no framework has a say.
 *
 * Express decides by `trust proxy`, Fastify by `trustProxy`: addresses, hop counts, functions. Rather than read these
 * settings, it asks the framework's own getter about the same connection with headers of ours. What it asks is no
 * descendant of the request: that would make every later reading of the request slow.
 */
export function trustsForwardedHost(request: AnyRequest): boolean | undefined {
  if (!('hostname' in request)) return undefined;
  const raw = (hasRawHeaders(request) ? request : requestBelow(request)) as {
    readonly socket?: unknown;
  };
  const asked = Object.create(Object.getPrototypeOf(request) as object, {
    raw: { value: raw },
    socket: { value: raw.socket },
    headers: { value: PROBE_HEADERS },
  }) as { readonly hostname: unknown };
  try {
    return asked.hostname === PROBE_HEADERS['x-forwarded-host'];
  } catch {
    // A getter that needs more than that, as in a mock: then the header counts.
    return true;
  }
}

const PROBE_HEADERS = {
  host: 'direct.invalid',
  'x-forwarded-host': 'forwarded.invalid',
} as const;

export function isServer(value: unknown): value is EventEmitter {
  return (
    typeof value === 'object' &&
    value !== null &&
    'emit' in value &&
    'listenerCount' in value
  );
}
