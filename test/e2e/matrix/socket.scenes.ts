import type { IncomingMessage } from 'node:http';
import { Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { note } from './ran.js';
import {
  create,
  onlyOurs,
  type PlatformName,
  portOf,
  type Scene,
} from './scene.js';
import { ask, handshake, tcp } from './wire.js';

@WebSocketGateway({
  path: '/ws',
  verifyClient: ({ req }: { req: IncomingMessage }) => {
    note('verifyClient', req);
    return true;
  },
})
class WsGateway {
  handleConnection(_client: unknown, request: IncomingMessage) {
    note('connection', request);
  }
}

@WebSocketGateway({
  allowRequest: (
    request: IncomingMessage,
    answer: (error: null, allowed: boolean) => void,
  ) => {
    note('allowRequest', request);
    answer(null, true);
  },
})
class IoGateway {
  handleConnection() {
    note('connection');
  }
}

@Module({ imports: [onlyOurs()], providers: [WsGateway] })
class WsModule {}

@Module({ imports: [onlyOurs()], providers: [IoGateway] })
class IoModule {}

const adapterOf = (platform: PlatformName) =>
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();

export const socketScenes: Scene[] = [
  {
    name: 'WebSockets of platform-ws',
    open: async (platform) => {
      const app = await create(WsModule, adapterOf(platform));
      app.useWebSocketAdapter(new WsAdapter(app));
      await app.listen(0, '127.0.0.1');
      return { app, door: tcp(portOf(app)) };
    },
    surfaces: [
      {
        name: 'platform-ws: upgrade',
        ask: (door, host) => handshake(door, '/ws', host),
        status: 101,
        runs: /connection/,
      },
      {
        name: 'platform-ws: upgrade on a path of nobody',
        ask: (door, host) => handshake(door, '/nothing', host),
        // Nest closes the socket.
        status: 0,
      },
    ],
  },
  {
    name: 'WebSockets of platform-socket.io',
    open: async (platform) => {
      const app = await create(IoModule, adapterOf(platform));
      app.useWebSocketAdapter(new IoAdapter(app));
      await app.listen(0, '127.0.0.1');
      return { app, door: tcp(portOf(app)) };
    },
    surfaces: [
      {
        name: 'socket.io: upgrade',
        ask: (door, host) =>
          handshake(door, '/socket.io/?EIO=4&transport=websocket', host),
        status: 101,
        runs: /allowRequest/,
      },
      {
        name: 'socket.io: long polling',
        ask: (door, host) =>
          ask(door, 'GET /socket.io/?EIO=4&transport=polling', host),
        status: 200,
        runs: /allowRequest/,
      },
      {
        name: 'socket.io: its client file',
        ask: (door, host) => ask(door, 'GET /socket.io/socket.io.js', host),
        status: 200,
      },
    ],
  },
];
