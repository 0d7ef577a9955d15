import 'reflect-metadata';
import type { Server } from 'node:http';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication, WebSocketAdapter } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { WebSocketServer } from 'ws';
import { AllowAnyHost } from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';
import { freePort } from '../support/processes.mjs';
import { handshake, sendRequest, tcp } from '../support/raw-client.js';
import { onlyOurs } from './matrix/scene.js';

const wsAdapter = (app: INestApplication) => new WsAdapter(app);
const ioAdapter = (app: INestApplication) => new IoAdapter(app);

/** An adapter for ws whose servers take every path. */
class EveryPathAdapter extends WsAdapter {
  override create() {
    const server = this.httpServer as Server;
    return new WebSocketServer({ server }) as never;
  }
}
const everyPathAdapter = (app: INestApplication) => new EveryPathAdapter(app);

const graphql = () =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    subscriptions: { 'graphql-ws': true },
  });

@AllowAnyHost()
@Resolver()
class OpenResolver {
  @Query(() => String)
  open() {
    return 'open';
  }
}

/** A class each, because its decorator contains the port. */
function gatewayOn(port: number, options: object = {}) {
  @WebSocketGateway(port, options)
  class OwnPortGateway {}
  return OwnPortGateway;
}

function openGatewayOn(port: number, options: object = {}) {
  const gateway = gatewayOn(port, options);
  AllowAnyHost()(gateway);
  return gateway;
}

const POLLING = '?EIO=4&transport=polling';

const sharing = (path: string) =>
  `Gateways with different rules share the path ${path} on port 0: only hosts in the list can connect there. Give them paths or ports of their own.`;

/** platform-ws has no namespaces. */
const namespaceOf = (adapterOf: unknown, namespace: string) =>
  adapterOf === ioAdapter ? { namespace } : {};

describe('rules and gateways', () => {
  afterEach(stopAll);

  describe.each(platforms)('on $name', (platform) => {
    const startWith = (
      adapterOf: (app: INestApplication) => WebSocketAdapter,
      more: object,
    ) =>
      start(
        { module: class AppModule {}, imports: [onlyOurs()], ...more },
        platform,
        (nest) => void nest.useWebSocketAdapter(adapterOf(nest)),
      );

    const upgrade = async (port: number, path: string, host: string) =>
      (await handshake(tcp(port), path, host)).status;

    it('a rule on a gateway applies to its port only', async () => {
      for (const order of ['open first', 'open last']) {
        const port = await freePort();
        const Open = openGatewayOn(port);
        @WebSocketGateway()
        class AppGateway {}
        const app = await startWith(ioAdapter, {
          providers:
            order === 'open first' ? [Open, AppGateway] : [AppGateway, Open],
        });
        const poll = async (at: number) =>
          (
            await sendRequest(
              tcp(at),
              `GET /socket.io/${POLLING}`,
              'evil.example',
            )
          ).status;
        expect(await poll(port)).toBe(200);
        expect(await poll(app.port)).toBe(400);
        expect(app.log.lines.map(({ message }) => message).join()).not.toMatch(
          /different rules/,
        );
      }
    });

    it('a rule on a gateway with a port of its own does not apply to the port of the application', async () => {
      const port = await freePort();
      const app = await startWith(ioAdapter, {
        providers: [openGatewayOn(port)],
      });
      const target = `/socket.io/${POLLING}`;
      expect((await app.get(target, 'evil.example')).status).toBe(400);
      expect((await app.get(target, 'example.com')).status).toBe(404);
    });

    it.each([
      ['socket.io', ioAdapter, '/closed', '/open'],
      ['ws', wsAdapter, '/chat', '/chat/room'],
    ])(
      'a rule on a gateway of %s applies to its path only, without a warning',
      async (kind, adapterOf, closed, open) => {
        @AllowAnyHost()
        @WebSocketGateway({ path: open })
        class OpenGateway {}
        @WebSocketGateway({ path: closed })
        class ClosedGateway {}
        const app = await startWith(adapterOf, {
          providers: [OpenGateway, ClosedGateway],
        });
        expect(app.log.of('warn')).toEqual([]);
        const target = kind === 'ws' ? '' : '/?EIO=4&transport=websocket';
        const status = (path: string) =>
          upgrade(app.port, `${path}${target}`, 'evil.example');
        expect(await status(open)).toBe(101);
        for (const path of [closed, `${open}/x`, `${open}//`])
          expect(await status(path)).toBe(400);
        if (kind === 'ws') expect(await status(`${open}/`)).toBe(400);
      },
    );

    it('a rule on a gateway does not apply to a target that parsers read differently', async () => {
      @AllowAnyHost()
      @WebSocketGateway()
      class OpenGateway {}
      const app = await startWith(wsAdapter, { providers: [OpenGateway] });
      expect(await upgrade(app.port, '/', 'evil.example')).toBe(101);
      for (const target of ['//', '/;x', '/%2e'])
        expect(await upgrade(app.port, target, 'evil.example')).toBe(400);
    });

    it.each([
      ['socket.io', ioAdapter, '/socket.io'],
      ['ws', wsAdapter, '/'],
    ])(
      'gateways of %s with different rules on one path are named once in the log',
      async (_, adapterOf, path) => {
        @AllowAnyHost()
        @WebSocketGateway(namespaceOf(adapterOf, 'open'))
        class OpenGateway {}
        @WebSocketGateway(namespaceOf(adapterOf, 'closed'))
        class ClosedGateway {}
        @WebSocketGateway(namespaceOf(adapterOf, 'third'))
        class ThirdGateway {}
        const app = await startWith(adapterOf, {
          providers: [OpenGateway, ClosedGateway, ThirdGateway],
        });
        expect(app.log.of('warn')).toEqual([sharing(path)]);
      },
    );

    it('gateways on a server that takes every path share all of them', async () => {
      @AllowAnyHost()
      @WebSocketGateway()
      class OpenGateway {}
      @WebSocketGateway({ path: '/closed' })
      class ClosedGateway {}
      const open = await startWith(everyPathAdapter, {
        providers: [OpenGateway],
      });
      expect(await upgrade(open.port, '/any', 'evil.example')).toBe(101);
      expect(await upgrade(open.port, '/any;x', 'evil.example')).toBe(400);
      const both = await startWith(everyPathAdapter, {
        providers: [OpenGateway, ClosedGateway],
      });
      expect(both.log.of('warn')).toEqual([sharing('/')]);
      expect(await upgrade(both.port, '/any', 'evil.example')).toBe(400);
    });

    it('a rule applies where all gateways that may serve a path have it', async () => {
      const allowed = AllowAnyHost();
      @allowed
      @WebSocketGateway({ path: '/chat' })
      class ChatGateway {}
      @allowed
      @WebSocketGateway({ path: '/chat/room' })
      class RoomGateway {}
      const app = await startWith(ioAdapter, {
        providers: [ChatGateway, RoomGateway],
      });
      expect(app.log.of('warn')).toEqual([]);
      for (const path of ['/chat/', '/chat/room/']) {
        const { status } = await app.get(`${path}${POLLING}`, 'evil.example');
        expect(status).toBe(200);
      }
    });

    it('a rule on a route allows nothing on the port of a gateway', async () => {
      const port = await freePort();
      const app = await startWith(ioAdapter, { providers: [gatewayOn(port)] });
      const health = (at: number) =>
        sendRequest(tcp(at), 'GET /health', '10.0.0.1');
      expect((await health(app.port)).status).toBe(200);
      expect((await health(port)).status).toBe(400);
    });

    it('a rule on a resolver allows upgrades to its endpoint, but nothing on the port of a gateway', async () => {
      const port = await freePort();
      const app = await startWith(wsAdapter, {
        imports: [onlyOurs(), graphql()],
        providers: [OpenResolver, gatewayOn(port, { path: '/graphql' })],
      });
      const status = async (at: number, host: string) =>
        (await handshake(tcp(at), '/graphql', host, 'graphql-transport-ws'))
          .status;
      expect(await status(app.port, 'evil.example')).toBe(101);
      expect(await status(port, 'evil.example')).toBe(400);
      expect(await status(port, 'example.com')).toBe(101);
    });
  });
});
