import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Far above what a response takes, so that only a missing one exceeds it. */
export const TIMEOUT_MS = 60_000;

/** Opens a connection from a loopback address, as the request says. */
export function connect(server, { peer, protocol, toGateway }) {
  const { isSecure } = server;
  const port = toGateway ? server.gatewayPort : server.port;
  const options = { port, host: '127.0.0.1', localAddress: peer };
  const socket = isSecure
    ? connectTls({
        ...options,
        rejectUnauthorized: false,
        ALPNProtocols: [protocol === 'http2' ? 'h2' : 'http/1.1'],
      })
    : connectTcp(options);
  // Once the server has exited, TCP may connect a socket to itself: its own port can be the one that it connects to. Then
  // both addresses are the same, too.
  socket.on('connect', () => {
    const { localAddress, localPort, remoteAddress } = socket;
    if (localPort === port && localAddress === remoteAddress) socket.destroy();
  });
  return socket.setNoDelay(true);
}
