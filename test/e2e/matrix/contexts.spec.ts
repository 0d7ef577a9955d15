import 'reflect-metadata';
import { once } from 'node:events';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  Get,
  Injectable,
  Module,
  UseGuards,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createClient } from 'graphql-ws';
import { firstValueFrom } from 'rxjs';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import {
  AllowedHosts,
  AllowedHostsGuard,
  AllowHosts,
  type AnyRequest,
  type Refusal,
} from '../../../src/index.js';
import { closeLater, portOf, stopAll } from '../../support/app.js';
import { deferred } from '../../support/deferred.js';
import { LogLines } from '../../support/log-lines.js';
import { handshake, sendRequest, tcp } from '../../support/raw-client.js';
import { create, onlyOurs, type PlatformName } from './scene.js';

const RULED = 'admin.example.com';

// Nest 11 calls no global guard on gateways.
@UseGuards(AllowedHostsGuard)
@WebSocketGateway({ path: '/ws' })
class RuledWsGateway {
  @AllowHosts(RULED)
  @SubscribeMessage('hello')
  hello() {
    return { event: 'hello', data: 'served' };
  }

  @AllowHosts(RULED, 'example.com')
  @SubscribeMessage('end')
  end() {
    return { event: 'end' };
  }
}

@UseGuards(AllowedHostsGuard)
@AllowHosts(RULED)
@WebSocketGateway()
class RuledIoGateway {
  @SubscribeMessage('hello')
  hello() {
    return { event: 'hello', data: 'served' };
  }
}

@Resolver()
class RuledResolver {
  @AllowHosts(RULED)
  @Query(() => String)
  hello() {
    return 'served';
  }

  @Query(() => String)
  open() {
    return 'served';
  }
}

@WebSocketGateway({ path: '/other' })
class OpenGateway {}

@Resolver()
class OpenResolver {
  @Query(() => String)
  open() {
    return 'served';
  }
}

@Controller()
class AppController {
  @AllowHosts(RULED)
  @Get('hello')
  hello() {
    return 'served';
  }

  @MessagePattern('hello')
  message() {
    return 'served';
  }

  @AllowHosts(RULED)
  @MessagePattern('ruled')
  ruledMessage() {
    return 'served';
  }
}

@Module({ imports: [onlyOurs()], providers: [RuledWsGateway] })
class WsModule {}

@Module({ imports: [onlyOurs()], providers: [RuledIoGateway] })
class IoModule {}

@Module({ imports: [onlyOurs()], controllers: [AppController] })
class HttpModule {}

const graphqlModule = (options: Partial<ApolloDriverConfig> = {}) => ({
  module: class GraphqlModule {},
  imports: [
    onlyOurs(),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      ...options,
    }),
  ],
  providers: [RuledResolver],
});

/** What the request of a context is, in each of the ways that applications write. */
const CONTEXTS: readonly {
  readonly name: string;
  readonly context?: ApolloDriverConfig['context'];
  readonly hasRequest: boolean;
}[] = [
  { name: 'the default context', hasRequest: true },
  { name: 'a user', context: () => ({ user: 1 }), hasRequest: true },
  {
    name: 'a request of its own',
    context: () => ({ req: { user: 1 } }),
    hasRequest: false,
  },
  {
    name: 'what the client sends as headers',
    context: ({ connectionParams }: { connectionParams?: object }) => ({
      req: { headers: connectionParams },
    }),
    hasRequest: false,
  },
];

const subscriptions = { 'graphql-ws': true } as const;

/** The result of an operation over graphql-ws. The payload of the client says that it came to a listed host. */
async function operate(
  app: INestApplication,
  host: string,
  text: string,
  connectionParams: Record<string, unknown> = { host: 'example.com' },
): Promise<string> {
  const client = createClient({
    url: `ws://127.0.0.1:${portOf(app)}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols, { headers: { host } });
      }
    },
    connectionParams,
    retryAttempts: 0,
  });
  try {
    const { value } = await client.iterate({ query: text }).next();
    return JSON.stringify(value);
  } finally {
    await client.dispose();
  }
}

const mercuriusModule = () => ({
  module: class MercuriusGraphqlModule {},
  imports: [
    onlyOurs(),
    GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      autoSchemaFile: true,
    }),
  ],
  providers: [RuledResolver],
});

const query = (app: INestApplication, host: string, text: string) =>
  sendRequest(
    tcp(portOf(app)),
    'POST /graphql',
    host,
    ['Content-Type: application/json'],
    JSON.stringify({ query: text }),
  );

/** Checks the host that a header names. */
@Injectable()
class OwnGuard extends AllowedHostsGuard {
  protected override getRequest(
    context: ExecutionContext,
  ): AnyRequest | undefined {
    const request = super.getRequest(context);
    const { headers } = request as { headers: Record<string, string> };
    const host = headers['x-own'] ?? 'evil.example';
    return { headers: { host }, rawHeaders: ['Host', host], url: '/' };
  }
}

const adapterOf = (platform: PlatformName) =>
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();

describe('the guard', () => {
  let after = () => undefined as unknown;
  afterEach(async () => {
    after();
    await stopAll();
  });

  describe.each(['express', 'fastify'] as const)('on %s', (platform) => {
    it.each([
      [RULED, true],
      ['example.com', false],
    ])(
      'applies a rule to a gateway of platform-ws, for %s',
      async (host, served) => {
        const app = await create(WsModule, adapterOf(platform));
        app.useWebSocketAdapter(new WsAdapter(app));
        await app.listen(0, '127.0.0.1');
        const client = new WebSocket(`ws://127.0.0.1:${portOf(app)}/ws`, {
          headers: { host },
        });
        let received = '';
        after = () => client.terminate();
        const ended = deferred();
        client.on('message', (data: Buffer) => {
          received += data.toString();
          if (received.includes('"end"')) ended.resolve();
        });
        await once(client, 'open');
        // Only Nest 12 responds to what it refuses. It responds before "end".
        for (const event of ['hello', 'end'])
          client.send(JSON.stringify({ event }));
        await ended.promise;
        expect(received.includes('served')).toBe(served);
      },
    );

    it.each([
      [RULED, 'hello'],
      ['example.com', 'exception'],
    ])(
      'applies a rule to a gateway of socket.io, for %s',
      async (host, event) => {
        const app = await create(IoModule, adapterOf(platform));
        app.useWebSocketAdapter(new IoAdapter(app));
        await app.listen(0, '127.0.0.1');
        const client = io(`http://127.0.0.1:${portOf(app)}`, {
          transports: ['websocket'],
          extraHeaders: { host },
        });
        after = () => client.disconnect();
        const response = deferred<unknown>();
        client.onAny(response.resolve);
        client.emit('hello');
        expect(await response.promise).toBe(event);
      },
    );

    it('applies a rule to the upgrade of a gateway', async () => {
      const app = await create(WsModule, adapterOf(platform));
      app.useWebSocketAdapter(new WsAdapter(app));
      await app.listen(0, '127.0.0.1');
      const connect = tcp(portOf(app));
      expect((await handshake(connect, '/ws', RULED)).status).toBe(101);
      expect((await handshake(connect, '/ws', 'evil.example')).status).toBe(
        400,
      );
    });

    it('applies a rule to a resolver', async () => {
      const app = await create(graphqlModule(), adapterOf(platform));
      await app.listen(0, '127.0.0.1');
      const served = await query(app, RULED, '{ hello }');
      expect(served.body).toContain('"data":{"hello":"served"}');
      const refused = await query(app, 'example.com', '{ hello }');
      expect(refused.body).toContain('Host not allowed');
      expect(refused.headers['cache-control']).toBe('no-store');
    });

    it('applies no rule to a GraphQL context without a request', async () => {
      const context = { req: {}, request: null, reply: { request: 'none' } };
      const log = new LogLines();
      const app = await create(
        graphqlModule({ context: () => ({ ...context }) }),
        adapterOf(platform),
        { logger: log },
      );
      await app.listen(0, '127.0.0.1');
      const refusals: Refusal[] = [];
      app
        .get(AllowedHosts)
        .refusals$.subscribe((refusal) => refusals.push(refusal));
      // The gate has let either in, and nothing tells which.
      const open = await query(app, 'example.com', '{ open }');
      expect(open.body).toContain('Host not allowed');
      const ruled = await query(app, RULED, '{ hello }');
      expect(ruled.body).toContain('Host not allowed');
      expect(log.of('warn').join()).toContain(
        'its context has no request to judge: override getRequest in AllowedHostsGuard',
      );
      expect(refusals).toMatchObject([{ reason: 'missing', source: 'Host' }]);
    });

    it.each(CONTEXTS)(
      'applies rules over graphql-ws with $name',
      async ({ context, hasRequest }) => {
        const app = await create(
          graphqlModule({ subscriptions, ...(context && { context }) }),
          adapterOf(platform),
        );
        await app.listen(0, '127.0.0.1');
        const served = async (host: string, name: string) =>
          (await operate(app, host, `{ ${name} }`)) ===
          `{"data":{"${name}":"served"}}`;
        expect(await served(RULED, 'hello')).toBe(hasRequest);
        expect(await served('example.com', 'hello')).toBe(false);
        expect(await served(RULED, 'open')).toBe(false);
        expect(await served('example.com', 'open')).toBe(hasRequest);
      },
    );

    it.each(CONTEXTS)(
      'allows all of graphql-ws to a listed host without a rule, with $name',
      async ({ context }) => {
        const app = await create(
          {
            ...graphqlModule({ subscriptions, ...(context && { context }) }),
            providers: [OpenResolver, OpenGateway],
          },
          adapterOf(platform),
        );
        await app.listen(0, '127.0.0.1');
        const payload = { authorization: 'Bearer 1' };
        expect(await operate(app, 'example.com', '{ open }', payload)).toBe(
          '{"data":{"open":"served"}}',
        );
      },
    );

    it('allows what comes from elsewhere than a server, unless it has a rule', async () => {
      const app = await create(graphqlModule(), adapterOf(platform));
      const guard = app.get(AllowedHostsGuard);
      const admits = (type: string, handler: keyof RuledResolver) => () =>
        guard.canActivate({
          getType: () => type,
          getClass: () => RuledResolver,
          getHandler: () => RuledResolver.prototype[handler],
          getArgByIndex: () => undefined,
          switchToWs: () => ({ getClient: () => ({}) }),
        } as unknown as ExecutionContext);
      expect(admits('bot', 'open')()).toBe(true);
      expect(admits('bot', 'hello')).toThrow('Host not allowed');
      for (const type of ['ws', 'graphql'])
        expect(admits(type, 'open')).toThrow('Host not allowed');
    });

    it('allows a message, which has no host', async () => {
      const app = await create(HttpModule, adapterOf(platform));
      const service = app.connectMicroservice(
        { transport: Transport.TCP, options: { port: 0, host: '127.0.0.1' } },
        { inheritAppConfig: true },
      );
      await app.startAllMicroservices();
      await app.listen(0, '127.0.0.1');
      const { port } = service
        .unwrap<{ address(): { port: number } }>()
        .address();
      const client = ClientProxyFactory.create({
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port },
      });
      for (const pattern of ['hello', 'ruled'])
        expect(await firstValueFrom(client.send(pattern, {}))).toBe('served');
      client.close();
    });

    it('checks the request of a getRequest() that overrides its own', async () => {
      const testing = await Test.createTestingModule({ imports: [HttpModule] })
        .overrideProvider(AllowedHostsGuard)
        .useClass(OwnGuard)
        .compile();
      const app = closeLater(
        testing.createNestApplication(adapterOf(platform)),
      );
      await app.listen(0, '127.0.0.1');
      const connect = tcp(portOf(app));
      const statuses = [];
      for (const own of [RULED, 'example.com'])
        statuses.push(
          (await sendRequest(connect, 'GET /hello', RULED, [`X-Own: ${own}`]))
            .status,
        );
      expect(statuses).toEqual([200, 400]);
    });
  });

  it('applies a rule to a resolver of Mercurius', async () => {
    const app = await create(mercuriusModule(), new FastifyAdapter());
    await app.listen(0, '127.0.0.1');
    const served = await query(app, RULED, '{ hello }');
    expect(served.body).toContain('"data":{"hello":"served"}');
    const refused = await query(app, 'example.com', '{ hello }');
    expect(refused.body).toContain('Host not allowed');
    expect(refused.headers['cache-control']).toBe('no-store');
  });
});
