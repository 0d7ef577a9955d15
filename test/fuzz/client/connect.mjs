import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Far above what a response takes, so that only a missing one exceeds it. */
export const TIMEOUT_MS = 60_000;

/** Opens a connection from a loopback address. */
export function connect({ port, isSecure }, peer, protocol) {
  const options = { port, host: '127.0.0.1', localAddress: peer };
  const socket = isSecure
    ? connectTls({
        ...options,
        rejectUnauthorized: false,
        ALPNProtocols: [protocol === 'http2' ? 'h2' : 'http/1.1'],
      })
    : connectTcp(options);
  return socket.setNoDelay(true);
}
