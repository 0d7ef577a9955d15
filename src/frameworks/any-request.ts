import type { EventEmitter } from 'node:events';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { PlainRequest } from './plain-request.js';

/** A request of Express, Fastify or Node, or an object with the `Headers` of the Fetch API. */
export type AnyRequest =
  HostRequest | { readonly raw: HostRequest } | { readonly headers: Headers };

/**
 * Node's own request inside the framework's; for a mock or a serverless adapter, a view of its headers. Node's request
 * has raw headers: reading that property is faster than `in`, and middleware may set `raw` to anything.
 */
export function rawRequest(request: AnyRequest): HostRequest {
  if (hasRawHeaders(request)) return request;
  const source = innerRequest(request);
  return hasRawHeaders(source) ? source : PlainRequest.of(source);
}

const hasRawHeaders = (request: object): request is HostRequest =>
  Array.isArray((request as Partial<HostRequest>).rawHeaders);

/** Fastify's request holds Node's in `raw`. */
function innerRequest(request: object): object {
  const { raw } = request as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null && 'headers' in raw
    ? raw
    : request;
}

/**
 * Whether the framework reports `X-Forwarded-Host` of this request's peer as `req.hostname`; `undefined` for Node's own
 * request, about which no framework decides.
 *
 * Express decides by `trust proxy`, Fastify by `trustProxy`: addresses, hop counts or functions. Instead of reading
 * these settings, this calls the framework's own getter on an object with the same socket and our headers. That object
 * does not inherit from the request, since V8 would then read the request more slowly.
 */
export function trustsForwardedHost(request: AnyRequest): boolean | undefined {
  if (!('hostname' in request)) return undefined;
  const raw = (hasRawHeaders(request) ? request : innerRequest(request)) as {
    readonly socket?: unknown;
  };
  const probe = Object.create(Object.getPrototypeOf(request) as object, {
    raw: { value: raw },
    socket: { value: raw.socket },
    headers: { value: PROBE_HEADERS },
  }) as { readonly hostname: unknown };
  try {
    return probe.hostname === PROBE_HEADERS['x-forwarded-host'];
  } catch {
    // The getter needs more, as in a mock: assume that it trusts the peer, and check the header.
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
