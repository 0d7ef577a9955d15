import type { EventEmitter } from 'node:events';
import type { HostRequest } from './hosts/claimed-hosts.js';

/** A request as Express, Fastify or Node hand it out. */
export type AnyRequest = HostRequest | { readonly raw: HostRequest };

/**
 * Node's own request below the framework's. Told by a property that Node's has and Fastify's has not: reading it is
 * one step, where `in` walks the prototypes that Express puts between; and `req.raw` is free for middleware to set.
 */
export function rawRequest(request: AnyRequest): HostRequest {
  return (request as Partial<HostRequest>).rawHeaders === undefined
    ? (request as { readonly raw: HostRequest }).raw
    : (request as HostRequest);
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
  const raw = rawRequest(request) as HostRequest & { socket?: unknown };
  const asked = Object.create(Object.getPrototypeOf(request) as object, {
    raw: { value: raw },
    socket: { value: raw.socket },
    headers: { value: BOTH_NAMED },
  }) as { readonly hostname: unknown };
  return asked.hostname === BOTH_NAMED['x-forwarded-host'];
}

const BOTH_NAMED = {
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
