// Gateways for platform-ws and for socket.io, with and without rules.
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { AllowAnyHost, AllowHosts, AllowProbes } from 'nestjs-allowed-hosts';
import { decorate } from './decorate.mjs';
import { record } from './record.mjs';

/** Sessions of clients that are gone end soon, so that they do not count as memory that is lost. */
const SOCKET_IO = { pingInterval: 300, pingTimeout: 200, connectTimeout: 500 };

const RULES = {
  socket: [],
  'socket-admin': [AllowHosts('admin.example.com')],
  'socket-probes': [AllowProbes()],
  'socket-any': [AllowAnyHost()],
};
const PATHS = {
  ws: '/ws',
  'socket.io': '/socket.io',
  'socket-admin': '/live-admin',
  'socket-probes': '/live-probes',
  'socket-any': '/live-any',
};

/** The gateways for one kind of adapter. */
export function gatewaysFor(sockets) {
  if (sockets === 'none') return [];
  return Object.entries(RULES).map(([name, rules]) =>
    gateway(name, PATHS[name === 'socket' ? sockets : name], sockets, rules),
  );
}

function gateway(name, path, sockets, rules) {
  /** The requests of platform-ws, which does not keep them. */
  const requests = new WeakMap();
  class Gateway {
    afterInit(server) {
      server.engine?.on('headers', (_headers, request) =>
        record(`${name}-engine`, request),
      );
    }
    handleConnection(client, request) {
      requests.set(client, request ?? client.request);
      record(name, request ?? client.request);
      client.on('error', () => undefined);
    }
    message(client) {
      record(`${name}-message`, requests.get(client));
    }
  }
  decorate(Gateway, 'message', SubscribeMessage('hello'));
  WebSocketGateway({ path, ...(sockets === 'socket.io' ? SOCKET_IO : {}) })(
    Gateway,
  );
  for (const rule of rules) rule(Gateway);
  return Gateway;
}
