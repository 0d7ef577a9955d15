// Gateways for platform-ws and for socket.io, with and without rules.
import { UseGuards } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  AllowAnyHost,
  AllowedHostsGuard,
  AllowHosts,
  AllowProbes,
} from 'nestjs-allowed-hosts';
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

/** Gateways with a port of their own. */
const OWN = {
  'own-socket': { path: '/own', rules: [] },
  'own-socket-admin': {
    path: '/own-admin',
    rules: [AllowHosts('admin.example.com')],
  },
  'own-socket-any': { path: '/own-any', rules: [AllowAnyHost()] },
};

/** The gateways of an application, some on a port of their own if it is given. */
export function gatewaysFor({ sockets, nest }, ownPort) {
  if (sockets === 'none') return [];
  // Nest 11 calls no global guard for gateways.
  const guards = nest === 11 ? [UseGuards(AllowedHostsGuard)] : [];
  const shared = Object.entries(RULES).map(([name, rules]) =>
    gateway(name, [...rules, ...guards], {
      path: PATHS[name === 'socket' ? sockets : name],
      ...(sockets === 'socket.io' ? SOCKET_IO : {}),
    }),
  );
  const own = Object.entries(OWN).map(([name, { path, rules }]) =>
    gateway(name, [...rules, ...guards], { path }, ownPort),
  );
  return ownPort === undefined ? shared : [...shared, ...own];
}

function gateway(name, decorators, options, port = 0) {
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
  WebSocketGateway(port, options)(Gateway);
  for (const decorator of decorators) decorator(Gateway);
  return Gateway;
}
