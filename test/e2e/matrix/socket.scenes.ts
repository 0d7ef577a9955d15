import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import {
  Module,
  type INestApplication,
  type WebSocketAdapter,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { portOf } from '../../support/app.js';
import { handshake, sendRequest, tcp } from '../../support/raw-client.js';
import { note } from './ran.js';
import { create, onlyOurs, type PlatformName, type Scene } from './scene.js';

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
    callback: (error: null, allowed: boolean) => void,
  ) => {
    note('allowRequest', request);
    callback(null, true);
  },
})
class IoGateway {
  handleConnection() {
    note('connection');
  }
}

/** A class each, because its decorator contains the port. */
function gatewayOn(port: number, options: object) {
  @WebSocketGateway(port, options)
  class OwnPortGateway {
    handleConnection() {
      note('connection');
    }
  }
  return OwnPortGateway;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const ownPortScene = (
  name: string,
  options: object,
  adapterFor: (app: INestApplication) => WebSocketAdapter,
  surfaces: Scene['surfaces'],
): Scene => ({
  name,
  open: async (platform) => {
    const port = await freePort();
    const app = await create(
      {
        module: class OwnPortModule {},
        imports: [onlyOurs()],
        providers: [gatewayOn(port, options)],
      },
      adapterOf(platform),
    );
    app.useWebSocketAdapter(adapterFor(app));
    await app.listen(0, '127.0.0.1');
    return { app, connect: tcp(port) };
  },
  surfaces,
});

@Module({ imports: [onlyOurs()], providers: [WsGateway] })
class WsModule {}

@Module({ imports: [onlyOurs()], providers: [IoGateway] })
class IoModule {}

const wsAdapter = (app: INestApplication) => new WsAdapter(app);

const adapterOf = (platform: PlatformName) =>
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();

export const socketScenes: Scene[] = [
  {
    name: 'WebSockets of platform-ws',
    open: async (platform) => {
      const app = await create(WsModule, adapterOf(platform));
      app.useWebSocketAdapter(new WsAdapter(app));
      await app.listen(0, '127.0.0.1');
      return { app, connect: tcp(portOf(app)) };
    },
    surfaces: [
      {
        name: 'platform-ws: upgrade',
        send: (connect, host) => handshake(connect, '/ws', host),
        status: 101,
        runs: /connection/,
      },
      {
        name: 'platform-ws: upgrade on a path of nobody',
        send: (connect, host) => handshake(connect, '/nothing', host),
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
      return { app, connect: tcp(portOf(app)) };
    },
    surfaces: [
      {
        name: 'socket.io: upgrade',
        send: (connect, host) =>
          handshake(connect, '/socket.io/?EIO=4&transport=websocket', host),
        status: 101,
        runs: /allowRequest/,
      },
      {
        name: 'socket.io: long polling',
        send: (connect, host) =>
          sendRequest(connect, 'GET /socket.io/?EIO=4&transport=polling', host),
        status: 200,
        runs: /allowRequest/,
      },
      {
        name: 'socket.io: its client file',
        send: (connect, host) =>
          sendRequest(connect, 'GET /socket.io/socket.io.js', host),
        status: 200,
      },
    ],
  },
  ownPortScene('platform-ws on a port of its own', {}, wsAdapter, [
    {
      name: 'platform-ws: upgrade on a port of its own',
      send: (connect, host) => handshake(connect, '/', host),
      status: 101,
      runs: /connection/,
    },
  ]),
  ownPortScene('platform-ws on a port and a path', { path: '/ws' }, wsAdapter, [
    {
      name: 'platform-ws: upgrade on a port and a path of its own',
      send: (connect, host) => handshake(connect, '/ws', host),
      status: 101,
      runs: /connection/,
    },
  ]),
  ownPortScene(
    'platform-socket.io on a port of its own',
    { namespace: 'chat' },
    (app) => new IoAdapter(app),
    [
      {
        name: 'socket.io: upgrade on a port of its own',
        send: (connect, host) =>
          handshake(connect, '/socket.io/?EIO=4&transport=websocket', host),
        status: 101,
      },
      {
        name: 'socket.io: long polling on a port of its own',
        send: (connect, host) =>
          sendRequest(connect, 'GET /socket.io/?EIO=4&transport=polling', host),
        status: 200,
      },
    ],
  ),
];
