import 'reflect-metadata';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
} from 'node:http2';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  Get,
  HttpCode,
  Module,
  Res,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import compression from 'compression';
import type { FastifyReply } from 'fastify';
import {
  AllowAnyHost,
  AllowedHostsModule,
  AllowHosts,
} from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { deferred } from '../support/deferred.js';
import { RawConnection, tcp } from '../support/raw-client.js';

@Controller()
class PageController {
  @AllowAnyHost()
  @Get(':page')
  page() {
    return 'page';
  }

  @AllowAnyHost()
  @Get('files/stream')
  stream() {
    return new StreamableFile(Readable.from(['one', 'two']));
  }

  @AllowAnyHost()
  @HttpCode(404)
  @Get('files/missing')
  missing() {
    return 'missing';
  }

  /** Sends headers, and no body. */
  @AllowAnyHost()
  @Get('files/slow')
  slow(@Res() response: ServerResponse | FastifyReply) {
    if ('hijack' in response) response.hijack();
    const raw = 'raw' in response ? response.raw : response;
    raw.writeEarlyHints({ link: '</style.css>; rel=preload' });
    raw.flushHeaders();
  }
}

class AppModule {}

/** An application that allows example.com, with one route that allows any host. */
const application = {
  module: AppModule,
  imports: [
    AllowedHostsModule.forRoot({ hosts: 'example.com', addresses: false }),
  ],
  controllers: [PageController],
};

const withGateways = (...providers: Type[]) => ({
  ...application,
  controllers: [],
  providers,
});

type Middleware = (request: IncomingMessage, response: ServerResponse) => void;

function overwriteStatus(response: ServerResponse, status: number): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = () => writeHead(status);
}

describe('gate under attack', () => {
  afterAll(stopAll);

  describe.each(platforms)(
    'a response of middleware on a route with a rule › on $name',
    (platform) => {
      /** Starts the application with middleware that responds to /other. */
      const startWith = (middleware: Middleware, first?: Middleware) =>
        start(application, platform, (nest) => {
          if (first) nest.use(first);
          nest.use(
            (
              request: IncomingMessage,
              response: ServerResponse,
              next: () => void,
            ) => {
              if (request.url === '/other') middleware(request, response);
              if (!response.writableEnded && request.url !== '/other') next();
            },
          );
        });

      /** Starts the application with middleware that goes on to the route. */
      const startThrough = (middleware: Middleware) =>
        start(application, platform, (nest) => {
          nest.use(
            (
              request: IncomingMessage,
              response: ServerResponse,
              next: () => void,
            ) => {
              middleware(request, response);
              next();
            },
          );
        });

      const statusLine = async (app: RunningApp, host: string) => {
        const connection = new RawConnection(tcp(app.port)).send(
          'GET /other HTTP/1.1',
          `Host: ${host}`,
          'Connection: close',
          '',
          '',
        );
        await connection.closed();
        return connection.received.split('\r\n', 1)[0];
      };

      it('is replaced where compression has wrapped the response', async () => {
        const app = await startWith(
          (_request, response) => {
            response.setHeader('Content-Type', 'text/html');
            response.end('<p>other</p>');
          },
          compression({ threshold: 0 }) as unknown as Middleware,
        );
        const gzip = ['Accept-Encoding: gzip'];
        const refused = await app.get('/other', 'evil.example', gzip);
        expect(refused.status).toBe(400);
        expect(refused.headers['content-encoding']).toBeUndefined();
        expect(refused.body).toContain('Host not allowed');
        expect((await app.get('/other', 'example.com', gzip)).status).toBe(200);
        expect((await app.get('/page', 'evil.example')).body).toBe('page');
      });

      it.each<[string, (response: ServerResponse) => void]>([
        [
          'writeHead()',
          (response) => response.writeHead(500, { 'X-Reason': 'line\nend' }),
        ],
        [
          'write()',
          (response) => {
            response.statusCode = 500;
            response.write({ neither: 'text nor bytes' });
          },
        ],
      ])(
        'is replaced after an error that %s could not send',
        async (_, sendError) => {
          const app = await startWith((_request, response) => {
            try {
              sendError(response);
            } catch {
              response.writeHead(200);
              response.end('other');
            }
          });
          const refused = await app.get('/other', 'evil.example');
          expect(refused.status).toBe(400);
          expect(refused.body).not.toContain('other');
          expect((await app.get('/other', 'example.com')).body).toBe('other');
        },
      );

      it('is replaced if middleware flushes its headers first', async () => {
        const app = await startWith((_request, response) => {
          response.setHeader('X-Other', 'other');
          response.flushHeaders();
          response.end('other');
        });
        const refused = await app.get('/other', 'evil.example');
        expect(refused.status).toBe(400);
        expect(refused.headers).not.toHaveProperty('x-other');
        expect(refused.body).toContain('Host not allowed');
        expect((await app.get('/other', 'example.com')).body).toBe('other');
      });

      it('is replaced if middleware pipes a stream, which ends as usual', async () => {
        const ended: Promise<void>[] = [];
        const app = await startWith((_request, response) => {
          const source = Readable.from(['one', 'two', 'three']);
          ended.push(finished(source));
          source.pipe(response);
        });
        const refused = await app.get('/other', 'evil.example');
        expect(refused.status).toBe(400);
        expect(refused.body).toMatch(/^\{.*Host not allowed.*\}$/);
        const served = await app.get('/other', 'example.com');
        expect(served.body).toBe('onetwothree');
        await Promise.all(ended);
        expect(ended).toHaveLength(2);
      });

      it('is replaced if middleware responds and goes on to the route', async () => {
        const app = await startThrough((request, response) => {
          if (request.url === '/other') response.end('other');
        });
        const refused = await app.get('/other', 'evil.example');
        expect(refused.status).toBe(400);
        expect(refused.body).toContain('Host not allowed');
        expect((await app.get('/page', 'evil.example')).body).toBe('page');
      });

      it('passes if it is an error', async () => {
        const app = await startWith((_request, response) => {
          response.statusCode = 400;
          response.end('bad');
        });
        expect((await app.get('/other', 'evil.example')).body).toBe('bad');
      });

      it.each([
        [200, 404],
        [410, 410],
      ])('is an error if other code writes %i over 404', async (over, sent) => {
        const app = await startWith((_request, response) => {
          overwriteStatus(response, over);
          response.statusCode = 404;
          response.write('no ');
          response.end('page');
        });
        const passed = await app.get('/other', 'evil.example');
        expect([passed.status, passed.body]).toEqual([sent, 'no page']);
        expect((await app.get('/other', 'example.com')).status).toBe(over);
      });

      it('leaves the route its stream, its early hints and the moment of its headers', async () => {
        const app = await startWith(() => undefined);
        const streamed = await app.get('/files/stream', 'evil.example');
        expect([streamed.status, streamed.body]).toEqual([200, 'onetwo']);
        const connection = new RawConnection(tcp(app.port)).send(
          'GET /files/slow HTTP/1.1',
          'Host: evil.example',
          '',
          '',
        );
        await connection.until((text) => text.includes('HTTP/1.1 200'));
        expect(connection.received).toMatch(
          /^HTTP\/1\.1 103 Early Hints[^]*HTTP\/1\.1 200 OK/,
        );
        connection.destroy();
      });

      it('has the status that other code writes over that of the route', async () => {
        const app = await startThrough((_request, response) =>
          overwriteStatus(response, 200),
        );
        expect(await app.get('/files/missing', 'evil.example')).toMatchObject({
          status: 200,
          body: 'missing',
        });
      });

      it('is no obstacle to `100 Continue` for the route', async () => {
        const app = await start(application, platform);
        const expecting = ['Expect: 100-continue'];
        expect(await app.get('/page', 'evil.example', expecting)).toMatchObject(
          { interim: [100], status: 200, body: 'page' },
        );
      });

      it('is that of a listener for unknown expectations, which the rule does not open', async () => {
        const seen: (string | undefined)[] = [];
        const app = await start(application, platform, (nest) => {
          (nest.getHttpServer() as Server).on(
            'checkExpectation',
            ({ headers }, response) => {
              seen.push(headers.host);
              response.writeHead(417).end();
            },
          );
        });
        const expecting = ['Expect: more'];
        const status = async (host: string) =>
          (await app.get('/page', host, expecting)).status;
        expect(await status('evil.example')).toBe(400);
        expect(await status('example.com')).toBe(417);
        expect(seen).toEqual(['example.com']);
      });

      it('leaves no status message and no early hints', async () => {
        const app = await startWith((request, response) => {
          response.writeEarlyHints({ link: `<//${request.headers.host}/x>` });
          response.statusMessage = `Hello ${request.headers.host}`;
          response.end('other');
        });
        expect(await statusLine(app, 'evil.example')).toBe(
          'HTTP/1.1 400 Bad Request',
        );
        expect(await statusLine(app, 'example.com')).toBe(
          'HTTP/1.1 103 Early Hints',
        );
      });
    },
  );

  describe.each(platforms)('an endpoint with a rule › on $name', (platform) => {
    @Resolver()
    class OpenResolver {
      @AllowAnyHost()
      @Query(() => String)
      open() {
        return 'open';
      }
    }
    @Module({ providers: [OpenResolver] })
    class ImportedModule {}
    @Module({ imports: [ImportedModule] })
    class OpenModule {}

    @Resolver()
    class ClosedResolver {
      @Query(() => String)
      closed() {
        return 'closed';
      }
    }
    @Module({ providers: [ClosedResolver] })
    class ClosedModule {}

    const endpoint = (path: string, include: Type) =>
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        introspection: true,
        path,
        include: [include],
      });

    it('a rule on a resolver opens the endpoint that serves the resolver, and no other', async () => {
      const app = await start(
        {
          ...application,
          imports: [
            ...application.imports,
            OpenModule,
            ClosedModule,
            endpoint('/open', OpenModule),
            endpoint('/closed', ClosedModule),
          ],
        },
        platform,
      );
      const query = (path: string, host: string) =>
        app.request(
          'POST',
          path,
          host,
          ['Content-Type: application/json'],
          '{"query":"{ __schema { queryType { fields { name } } } }"}',
        );
      expect((await query('/closed', 'example.com')).body).toContain(
        '"closed"',
      );
      expect((await query('/closed', 'evil.example')).status).toBe(400);
      expect((await query('/closed', 'example.com')).status).toBe(200);
      const served = await query('/open', 'example.com');
      const open = await query('/open', 'evil.example');
      // Before GraphQLModule 14 imports of included modules are not served.
      expect(open.status).toBe(served.body.includes('"open"') ? 200 : 400);
    });

    it('a rule on a resolver that no endpoint serves is named in the log', async () => {
      const app = await start(
        {
          ...application,
          imports: [
            ...application.imports,
            OpenModule,
            ClosedModule,
            endpoint('/closed', ClosedModule),
          ],
        },
        platform,
      );
      expect(app.log.of('warn').join()).toContain(
        'The rule on OpenResolver has no effect before the guard',
      );
    });

    const POLLING = '?EIO=4&transport=polling';

    it.each([
      [undefined, '/socket.io', '/socket.io/'],
      ['/chat/', '/chat', '/chat/'],
      ['/chat', '/chat/', '/chat/'],
      ['/chat', '/', '/chat/'],
    ])(
      'a rule on a gateway at %s opens no gateway at %s',
      async (openPath, closedPath, requested) => {
        @AllowAnyHost()
        @WebSocketGateway(openPath === undefined ? {} : { path: openPath })
        class OpenGateway {}
        @WebSocketGateway({ path: closedPath })
        class ClosedGateway {}
        for (const gateways of [
          [OpenGateway, ClosedGateway],
          [ClosedGateway, OpenGateway],
        ]) {
          const app = await start(
            withGateways(...gateways),
            platform,
            (nest) => void nest.useWebSocketAdapter(new IoAdapter(nest)),
          );
          const target = `${requested}${POLLING}`;
          expect((await app.get(target, 'evil.example')).status).toBe(400);
          expect((await app.get(target, 'example.com')).body).toContain('sid');
        }
      },
    );
  });

  describe('a response of middleware on a route with a rule › over HTTP/2', () => {
    it.each<[string, (response: ServerResponse) => void]>([
      ['responds', (response) => response.end('other')],
      [
        'writes twice',
        (response) => {
          response.write('other');
          response.end('other');
        },
      ],
      [
        'flushes its headers first',
        (response) => {
          response.flushHeaders();
          response.end('other');
        },
      ],
      [
        'has replaced write() and end()',
        (response) => {
          const { write } = response;
          response.write = () => false;
          Reflect.apply(write, response, ['other']);
          response.end('other');
        },
      ],
    ])('is replaced if middleware %s', async (_, respond) => {
      const responseFor = await startWith(respond);
      expect(await responseFor('evil.example')).toEqual({
        status: 400,
        other: undefined,
        body: expect.stringContaining('Host not allowed'),
      });
      expect(await responseFor('example.com')).toMatchObject({
        status: 200,
        other: 'other',
      });
    });

    it('is an error if other code writes 200 over 404', async () => {
      const responseFor = await startWith((response) => {
        overwriteStatus(response, 200);
        response.statusCode = 404;
        response.end('no page');
      });
      expect(await responseFor('evil.example')).toMatchObject({
        status: 404,
        body: 'no page',
      });
    });

    const clients: ClientHttp2Session[] = [];
    afterEach(() => {
      for (const client of clients.splice(0)) client.destroy();
    });

    /** Starts the application with middleware that responds to all, and returns what requests for /other get. */
    async function startWith(respond: (response: ServerResponse) => void) {
      const app = await start(
        application,
        { adapter: () => new FastifyAdapter({ http2: true }) as never },
        (nest) => {
          nest.use((_request: IncomingMessage, response: ServerResponse) => {
            response.setHeader('X-Other', 'other');
            respond(response);
          });
        },
      );
      const client = connect(`http://127.0.0.1:${app.port}`);
      clients.push(client);
      return async (authority: string) => {
        const stream = client.request({
          ':path': '/other',
          ':authority': authority,
        });
        const [headers] = (await once(stream, 'response')) as [
          Record<string, unknown>,
        ];
        const body = await text(stream);
        return { status: headers[':status'], other: headers['x-other'], body };
      };
    }
  });

  describe('the gate over HTTP/2', () => {
    it.each([
      ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
      ['CANCEL', constants.NGHTTP2_CANCEL],
    ])(
      'survives a client that resets its stream with %s before middleware responds on a route with a rule',
      async (_, code) => {
        const waiting = deferred<ServerResponse>();
        const app = await start(
          application,
          { adapter: () => new FastifyAdapter({ http2: true }) as never },
          (nest) => {
            nest.use((_request: IncomingMessage, response: ServerResponse) =>
              waiting.resolve(response),
            );
          },
        );
        const errors: unknown[] = [];
        const report = (error: unknown) => errors.push(error);
        process.on('unhandledRejection', report);
        const client = connect(`http://127.0.0.1:${app.port}`);
        const ping = () => new Promise((resolve) => client.ping(resolve));
        const stream = client.request({
          ':path': '/other',
          ':authority': 'evil.example',
        });
        stream.on('error', () => undefined);
        const response = await waiting.promise;
        stream.close(code);
        // The response to a ping comes after the server has read the reset.
        await ping();
        response.end('late');
        await ping();
        process.off('unhandledRejection', report);
        expect(errors).toEqual([]);
        client.destroy();
      },
    );

    it('handles and logs a refused stream where the application listens for streams', async () => {
      const app = await start(
        application,
        { adapter: () => new FastifyAdapter({ http2: true }) as never },
        (nest) => {
          (nest.getHttpServer() as Server).on('stream', () => undefined);
        },
      );
      const server = app.app.getHttpServer() as Server;
      const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
      let isHandled: boolean | undefined;
      server.emit = (event: string, ...args: unknown[]) => {
        const result = emit(event, ...args);
        if (event === 'stream') isHandled = result;
        return result;
      };
      const client = connect(`http://127.0.0.1:${app.port}`);
      const stream = client.request({
        ':path': '/other/path',
        ':authority': 'evil.example',
      });
      expect(await text(stream)).toContain('Host not allowed');
      expect(app.log.of('warn')).toEqual([
        expect.stringContaining(
          'Refused :authority "evil.example" on GET /other/path from 127.0.0.1:',
        ),
      ]);
      expect(isHandled).toBe(true);
      client.destroy();
    });

    it('gives a stream that only a rule allows to no listener of the application, though it was the first', async () => {
      const seen: unknown[] = [];
      const serverFactory = (
        handler: (request: unknown, response: unknown) => void,
      ) =>
        createServer()
          .on('stream', (_, headers) => seen.push(headers[':authority']))
          .on('request', handler);
      const app = await start(application, {
        adapter: () =>
          new FastifyAdapter({ http2: true, serverFactory } as never) as never,
      });
      const client = connect(`http://127.0.0.1:${app.port}`);
      for (const authority of ['b.example', 'example.com']) {
        const stream = client.request({
          ':path': '/page',
          ':authority': authority,
        });
        expect(await text(stream)).toBe('page');
      }
      expect(seen).toEqual(['example.com']);
      client.destroy();
    });

    it('shows every listener for streams one whose host a promise allows', async () => {
      const seen: unknown[] = [];
      const app = await start(
        {
          ...application,
          imports: [
            AllowedHostsModule.forRoot({
              hosts: [
                ({ hostname }) => Promise.resolve(hostname === 'a.example'),
              ],
              addresses: false,
            }),
          ],
        },
        { adapter: () => new FastifyAdapter({ http2: true }) as never },
        (nest) => {
          (nest.getHttpServer() as Http2Server).on('stream', (_, headers) => {
            seen.push(headers[':authority']);
          });
        },
      );
      const client = connect(`http://127.0.0.1:${app.port}`);
      for (const authority of ['b.example', 'a.example']) {
        const stream = client.request({
          ':path': '/page',
          ':authority': authority,
        });
        await text(stream);
      }
      expect(seen).toEqual(['a.example']);
      client.destroy();
    });
  });

  describe('a rule on a gateway', () => {
    it('does not apply to an extended CONNECT, which Nest knows nothing of', async () => {
      @AllowAnyHost()
      @WebSocketGateway({ path: '/open' })
      class OpenGateway {}
      let connected = 0;
      const adapter = new FastifyAdapter({
        http2: true,
        http: { settings: { enableConnectProtocol: true } },
      } as never);
      const app = await start(
        withGateways(OpenGateway),
        { adapter: () => adapter },
        (nest) => {
          nest.useWebSocketAdapter(new WsAdapter(nest));
          (nest.getHttpServer() as Server).on('connect', (_, response) => {
            connected++;
            (response as unknown as ServerResponse).writeHead(200).end();
          });
        },
      );
      const client = connect(`http://127.0.0.1:${app.port}`);
      await once(client, 'remoteSettings');
      const status = async (authority: string) => {
        const stream = client.request({
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':path': '/open',
          ':authority': authority,
        });
        const [headers] = (await once(stream.resume(), 'response')) as [
          Record<string, unknown>,
        ];
        return headers[':status'];
      };
      expect(await status('evil.example')).toBe(400);
      expect(await status('example.com')).toBe(200);
      expect(connected).toBe(1);
      client.destroy();
    });
  });

  describe('the gate on express', () => {
    it('visits no route to refuse an X-Forwarded-Host', async () => {
      const adapter = new ExpressAdapter();
      adapter.set('trust proxy', 'loopback');
      const app = await start(application, { adapter: () => adapter });
      const { router } = app.app.getHttpAdapter().getInstance() as {
        router: { stack: { route?: object; match(path: string): boolean }[] };
      };
      let visits = 0;
      for (const layer of router.stack.filter(({ route }) => route)) {
        const match = layer.match.bind(layer);
        layer.match = (path) => {
          visits += 1;
          return match(path);
        };
      }
      const forwarded = ['X-Forwarded-Host: evil.example'];
      const refused = await app.get('/no/such/page', 'example.com', forwarded);
      expect(refused.status).toBe(400);
      expect(visits).toBe(0);
      expect((await app.get('/page', 'example.com', forwarded)).body).toBe(
        'page',
      );
      expect(visits).toBeGreaterThan(0);
    });
  });

  describe('the gate on fastify with HTTP/2', () => {
    // Node does not see that the stream of a HEAD request is closed.
    it.each([
      ['GET', '/page'],
      ['HEAD', '/page'],
      ['HEAD', '/nowhere'],
    ])(
      'survives a client that resets %s %s with "Expect: 100-continue" while its host is judged',
      async (method, path) => {
        let wasReset: (() => void) | undefined;
        const resets = new Promise<void>((resolve) => (wasReset = resolve));
        let begin: (() => void) | undefined;
        const begun = new Promise<void>((resolve) => (begin = resolve));
        const slow = async ({ hostname }: { hostname: string }) => {
          begin?.();
          await resets;
          return hostname !== 'evil.example';
        };
        const calls: string[] = [];
        @Controller()
        class SlowController {
          @AllowHosts(slow)
          @Get('page')
          page() {
            calls.push(method);
            return 'page';
          }
        }
        const app = await start(
          {
            module: AppModule,
            imports: [
              AllowedHostsModule.forRoot({
                hosts: ['example.com', slow],
                addresses: false,
              }),
            ],
            controllers: [SlowController],
          },
          { adapter: () => new FastifyAdapter({ http2: true }) as never },
        );
        const client = connect(`http://127.0.0.1:${app.port}`);
        const stream = client.request(
          {
            ':method': method,
            ':path': path,
            ':authority': 'slow.example',
            expect: '100-continue',
          },
          { endStream: false },
        );
        stream.on('error', () => undefined);
        await begun;
        stream.close();
        await once(stream, 'close');
        // The response to a ping comes after the server has read the reset.
        await new Promise((resolve) => client.ping(resolve));
        wasReset?.();
        const next = client.request({
          ':path': '/nowhere',
          ':authority': 'example.com',
        });
        const [headers] = (await once(next, 'response')) as [
          { ':status': number },
        ];
        expect(headers[':status']).toBe(404);
        // Node would throw at its response.
        expect(calls).not.toContain('HEAD');
        client.destroy();
      },
    );
  });
});
