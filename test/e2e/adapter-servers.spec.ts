import 'reflect-metadata';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, WebSocketAdapter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { WebSocketServer } from 'ws';
import {
  closeLater,
  platforms,
  start,
  stopAll,
  type RunningApp,
} from '../support/app.js';
import { LogLines } from '../support/log-lines.js';
import { freePort } from '../support/processes.mjs';
import { handshake, sendRequest, tcp } from '../support/raw-client.js';
import { onlyOurs } from './matrix/scene.js';

let connected = 0;

@WebSocketGateway({ path: '/ws' })
class WsGateway {
  handleConnection() {
    connected++;
  }
}

@WebSocketGateway()
class IoGateway {}

@WebSocketGateway({ namespace: 'chat' })
class NamespaceGateway {}

/** An adapter that attaches its socket.io to a server that Nest does not know. */
class OwnIoAdapter extends IoAdapter {
  constructor(
    app: INestApplication,
    private readonly own: Server,
  ) {
    super(app);
  }

  override createIOServer(port: number) {
    return super.createIOServer(port).attach(this.own);
  }
}

class OwnWsAdapter extends WsAdapter {
  constructor(
    app: INestApplication,
    private readonly own: Server,
  ) {
    super(app);
  }

  override create() {
    return new WebSocketServer({ server: this.own, path: '/ws' }) as never;
  }
}

/** An adapter for ws that handles the upgrades of its server itself. */
class HandingWsAdapter extends WsAdapter {
  override create() {
    const sockets = new WebSocketServer({ noServer: true });
    const server = this.httpServer as Server;
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (client) =>
        sockets.emit('connection', client, request),
      ),
    );
    return sockets as never;
  }
}

type AdapterOf = (app: INestApplication, own: Server) => WebSocketAdapter;
const givenToIo: AdapterOf = (_, own) => new IoAdapter(own);
const givenToWs: AdapterOf = (_, own) => new WsAdapter(own);
const handedToWs: AdapterOf = (_, own) => new HandingWsAdapter(own);
const madeInIo: AdapterOf = (app, own) => new OwnIoAdapter(app, own);
const madeInWs: AdapterOf = (app, own) => new OwnWsAdapter(app, own);

const opened: Server[] = [];

/** An application whose WebSockets are on a server of the user's own, which also serves it (Nest's recipe). */
async function open(
  platform: (typeof platforms)[number],
  gateway: new () => object,
  adapterOf: AdapterOf,
): Promise<{ app: RunningApp; own: number }> {
  const own = createServer();
  const app = await start(
    {
      module: class AppModule {},
      imports: [onlyOurs()],
      providers: [gateway],
    },
    platform,
    (nest) => void nest.useWebSocketAdapter(adapterOf(nest, own)),
  );
  opened.push(own.listen(0, '127.0.0.1'));
  await once(own, 'listening');
  return { app, own: (own.address() as AddressInfo).port };
}

describe('the server of a WebSocket adapter', () => {
  describe.each(platforms)('on $name', (platform) => {
    beforeEach(() => {
      connected = 0;
    });
    afterEach(async () => {
      await stopAll();
      for (const server of opened.splice(0)) {
        server.closeAllConnections();
        server.close();
      }
    });

    it.each([
      ['given to WsAdapter', givenToWs],
      ['used inside an adapter for ws', madeInWs],
      ['that hands its upgrades to ws', handedToWs],
    ])('upgrades for allowed hosts only: %s', async (_, adapterOf) => {
      const { app, own } = await open(platform, WsGateway, adapterOf);
      const upgrade = (host: string) => handshake(tcp(own), '/ws', host);
      expect((await upgrade('evil.example')).status).toBe(400);
      expect(connected).toBe(0);
      expect((await upgrade('example.com')).status).toBe(101);
      expect(app.log.of('warn')).toHaveLength(1);
    });

    it.each<[string, AdapterOf, new () => object]>([
      ['given to IoAdapter', givenToIo, IoGateway],
      ['given to IoAdapter, with a namespace', givenToIo, NamespaceGateway],
      ['used inside an adapter for socket.io', madeInIo, IoGateway],
    ])(
      'upgrades and polls for allowed hosts only: %s',
      async (_, adapterOf, gateway) => {
        const { own } = await open(platform, gateway, adapterOf);
        const path = '/socket.io/?EIO=4&transport=';
        const upgrade = (host: string) =>
          handshake(tcp(own), `${path}websocket`, host);
        const poll = (host: string) =>
          sendRequest(tcp(own), `GET ${path}polling`, host);
        for (const attempt of [upgrade, poll])
          expect((await attempt('evil.example')).status).toBe(400);
        expect((await upgrade('example.com')).status).toBe(101);
        expect((await poll('example.com')).status).toBe(200);
      },
    );

    it.each([
      [9, 'on port 9'],
      [0, 'of gateways without a port'],
    ])(
      'is logged if hosts cannot be checked there: port %d',
      async (port, named) => {
        @WebSocketGateway(port)
        class ForeignGateway {}
        class ForeignAdapter extends WsAdapter {
          override create(): never {
            return new EventEmitter() as never;
          }
          override close() {
            return Promise.resolve();
          }
        }
        const { app } = await open(
          platform,
          ForeignGateway,
          (nest) => new ForeignAdapter(nest),
        );
        expect(app.log.lines.filter(({ level }) => level === 'warn')).toEqual([
          {
            level: 'warn',
            message: `Hosts are not checked on the WebSocket server ${named}: call AllowedHosts.check(request) in its adapter.`,
            context: 'AllowedHosts',
          },
        ]);
      },
    );

    it("refuses through Nest's exception layer if it is the server of the application", async () => {
      const { app } = await open(
        platform,
        WsGateway,
        (nest) => new WsAdapter(nest),
      );
      const response = await app.get('/hello', 'evil.example');
      expect(response.status).toBe(400);
      expect(JSON.parse(response.body)).toMatchObject({ statusCode: 400 });
      expect(
        (await handshake(tcp(app.port), '/ws', 'example.com')).status,
      ).toBe(101);
    });
  });

  it('upgrades for allowed hosts only in a microservice, which has no HTTP server', async () => {
    const port = await freePort();
    @WebSocketGateway(port)
    class OwnPortGateway {}
    const app = closeLater(
      await NestFactory.createMicroservice(
        {
          module: class AppModule {},
          imports: [onlyOurs()],
          providers: [OwnPortGateway],
        },
        {
          logger: new LogLines(),
          abortOnError: false,
          transport: Transport.TCP,
          options: { port: await freePort(), host: '127.0.0.1' },
        },
      ),
    );
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen();
    const status = async (host: string) =>
      (await handshake(tcp(port), '/', host)).status;
    expect(await status('evil.example')).toBe(400);
    expect(await status('example.com')).toBe(101);
    await app.close();
  });
});
