import { http1Request } from './http1.mjs';
import { http2Request } from './http2.mjs';
import { randomFor } from './random.mjs';
import { hostAndPath } from './targets.mjs';

const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE'];
/** The addresses that requests come from. Only the first one is a trusted proxy; see server/adapter.mjs. */
export const PEERS = ['127.0.0.1', '127.0.0.2'];

/**
 * Returns request `index` of a seed, which is always the same: a valid request with up to three mutations.
 *
 * @param setting one of settings.mjs
 */
export function makeRequest(seed, index, setting) {
  const { protocols, isSecure, graphql, gatewayPort } = setting;
  const random = randomFor(seed, index);
  const protocol = random.pick(protocols);
  const { host, path } = hostAndPath(random);
  const draft = {
    index,
    protocol,
    isSecure,
    peer: random.pick(PEERS),
    host,
    path,
    method: random.pick(METHODS),
    target: path,
    fields: [],
    forwarded: [],
    alone: false,
    hasGraphql: graphql,
    /** Sent to the port of the gateways that have one of their own. */
    toGateway: gatewayPort && random.chance(0.2),
  };
  return protocol === 'http2'
    ? http2Request(draft, random)
    : http1Request(draft, random);
}
