import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { errorCode } from '../../messages/error-message.js';
import type { Server } from '../http/exchange.js';
import { explainLookup } from '../http/failure.js';
import {
  parsed,
  portOf,
  withoutPort,
  type CheckOptions,
} from './check.options.js';
import type { Target } from './target.js';
import { Unreachable } from './unreachable.js';

/** A server, and all its addresses. */
export interface Located {
  readonly server: Server;
  readonly addresses: readonly string[];
}

/** @throws {Unreachable} if the name has no address */
export async function locate(options: CheckOptions): Promise<Located> {
  const { url, connect, insecure, timeoutMs } = options;
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const { host, port } = connect ?? { host: name, port: portOf(url) };
  const tls = { name, verify: !insecure };
  const server: Server = {
    host,
    port,
    timeoutMs,
    ...(url.protocol === 'https:' ? { tls } : {}),
  };
  try {
    const found = await lookup(host, { all: true });
    return { server, addresses: found.map(({ address }) => address) };
  } catch (error) {
    throw new Unreachable(explainLookup(host, errorCode(error)));
  }
}

/** What the requests are made from, once it is known where they go. */
export function targetOf(
  options: CheckOptions,
  { server, addresses }: Located,
  peer: string | undefined,
): Target {
  const { url, hosts, healthPath } = options;
  const [own] = hosts;
  const { kind, port } = parsed(own);
  const name = withoutPort(own);
  // Many machines have ::1 for localhost, whether or not a server listens there.
  const others = server.host === 'localhost' ? [] : addresses;
  return {
    path: `${url.pathname}${url.search}`,
    healthPath,
    port: server.port,
    hosts,
    own,
    ownName: name,
    isName: kind === 'name',
    otherPort: port === undefined ? `${name}:${server.port}` : name,
    peer,
    ipv6: [...(peer === undefined ? [] : [peer]), ...others].find(isIPv6),
    https: url.protocol === 'https:',
  };
}
