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
 * settings, it asks the framework's own getter about the same connection with a header of ours.
 */
export function trustsForwardedHost(request: object): boolean | undefined {
  if (!('hostname' in request)) return undefined;
  const asked = Object.create(request, {
    headers: {
      value: {
        host: 'direct.invalid',
        'x-forwarded-host': 'forwarded.invalid',
      },
    },
  }) as { readonly hostname: unknown };
  return asked.hostname === 'forwarded.invalid';
}

export function isServer(value: unknown): value is EventEmitter {
  return (
    typeof value === 'object' &&
    value !== null &&
    'emit' in value &&
    'listenerCount' in value
  );
}
