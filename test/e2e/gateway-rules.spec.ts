import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication, WebSocketAdapter } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { AllowAnyHost } from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';
import { freePort } from '../support/processes.mjs';
import { handshake, sendRequest, tcp } from '../support/raw-client.js';
import { onlyOurs } from './matrix/scene.js';

const wsAdapter = (app: INestApplication) => new WsAdapter(app);
const ioAdapter = (app: INestApplication) => new IoAdapter(app);

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

describe('rules and the port of a gateway', () => {
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

    it('a rule on a route allows nothing there', async () => {
      const port = await freePort();
      const app = await startWith(ioAdapter, { providers: [gatewayOn(port)] });
      const health = (at: number) =>
        sendRequest(tcp(at), 'GET /health', '10.0.0.1');
      expect((await health(app.port)).status).toBe(200);
      expect((await health(port)).status).toBe(400);
    });

    it('a rule on a resolver allows upgrades to its endpoint, but nothing there', async () => {
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
