import 'reflect-metadata';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  All,
  Controller,
  Delete,
  Get,
  Head,
  Post,
  type Type,
} from '@nestjs/common';
import {
  Field,
  GraphQLModule,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { WebSocketGateway } from '@nestjs/websockets';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  AllowAnyHost,
  AllowedHosts,
  AllowedHostsModule,
  AllowHosts,
  AllowProbes,
} from '../../src/index.js';
import { platforms, start, type RunningApp } from '../support/app.js';
import { handshake, tcp } from '../support/raw-client.js';

/** What code of the application ran, in order. */
let ran: string[] = [];
beforeEach(() => {
  ran = [];
});
const note = (what: string) => {
  ran.push(what);
  return what;
};

/** A route with a rule, behind middleware that responds to some of its paths. */
@Controller()
class PageController {
  @AllowAnyHost()
  @All('pages/:page')
  page() {
    return note('page');
  }
}

/** An application that allows example.com, with these controllers. */
const ruled = (controllers: Type[], more: object = {}) => ({
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({ hosts: 'example.com', addresses: false }),
  ],
  controllers,
  ...more,
});

type Handler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => void;

/** Middleware as Fetch-style libraries write it: it resolves the target before it looks at the path. */
const fetchStyle =
  (path: string): Handler =>
  (request, response, next) => {
    const { pathname } = new URL(request.url ?? '/', 'http://base.invalid');
    if (decodeURIComponent(pathname) !== path) return next();
    response.end(note(`middleware ${path}`));
  };

@Controller()
class IndexController {
  @AllowAnyHost()
  @Get()
  index() {
    return note('index');
  }
}

@Controller()
class SlugController {
  @AllowAnyHost()
  @Get(':slug')
  slug() {
    return note('slug');
  }

  @AllowAnyHost()
  @Get('@me/:part')
  me() {
    return note('me');
  }
}

@Controller('raw')
class RawController {
  @AllowAnyHost()
  @Get('any')
  any() {
    return note('any');
  }

  @Get('secret')
  secret() {
    return note('secret');
  }

  @AllowProbes()
  @Get('users/health')
  health() {
    return note('health');
  }

  @Delete('users/:id')
  remove() {
    return note('remove');
  }

  @Post('any')
  change() {
    return note('change');
  }
}

const AMBIGUOUS = [
  '/health;/../secret.txt',
  '/health/../secret.txt',
  '/health/%2e%2e/secret.txt',
  '/health\\..\\secret.txt',
  '/health/..%2fsecret.txt',
  '/health;%2f..%2fsecret.txt',
  '//health/../secret.txt',
  '/secret.txt;/health',
  '/secret.txt%00/health',
  '/secret.txt#/health',
  '/secret.txt%0A',
];

describe('route rules', () => {
  describe.each(platforms)('on $name', (platform) => {
    describe('of the health route', () => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(ruled([]), platform, (nest) => {
          nest.use(fetchStyle('/secret.txt'));
          nest.use('/mounted', fetchStyle('/health'));
        });
      });

      it.each(AMBIGUOUS)('refuse %s for an IP address', async (target) => {
        expect((await app.get(target, '10.0.0.1')).status).toBe(400);
        expect(ran).toEqual([]);
      });

      it.each(['/mounted/health', '/x/health', '/health/x', '/healthx'])(
        'refuse %s for an IP address',
        async (target) => {
          expect((await app.get(target, '10.0.0.1')).status).toBe(400);
          expect(ran).toEqual([]);
        },
      );

      it('allow /health for GET and HEAD only', async () => {
        const statuses = [];
        for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])
          statuses.push(
            (await app.request(method, '/health', '10.0.0.1')).status,
          );
        expect(statuses).toEqual([200, 200, 400, 400, 400]);
      });
    });

    describe.each([
      ['an index route', IndexController, '/', 'index'],
      ['a route of one parameter', SlugController, '/some', 'slug'],
      ['a route with @', SlugController, '/@me/x', 'me'],
    ])('on %s', (_name, controller, own, reached) => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(ruled([controller]), platform, (nest) => {
          nest.enableCors();
          nest.use(fetchStyle('/page.html'));
          nest.use('/mounted', fetchStyle('/'));
          const document = SwaggerModule.createDocument(
            nest,
            new DocumentBuilder().build(),
          );
          SwaggerModule.setup('api', nest, document);
          const instance = nest.getHttpAdapter().getInstance() as {
            get(path: string, handler: Handler): void;
          };
          instance.get('/instance', (_request, response) => {
            note('instance');
            (response as unknown as { send(text: string): void }).send('x');
          });
        });
      });

      it('allow that route', async () => {
        expect((await app.get(own, 'evil.example')).body).toBe(reached);
      });

      it.each([
        '/page.html',
        '/mounted',
        '/api',
        '/api-json',
        '/instance',
        '/a/b/c',
        '/socket.io/?EIO=4&transport=polling',
      ])('do not allow %s', async (target) => {
        const { status, body } = await app.get(target, 'evil.example');
        if (!['index', 'slug', 'me'].includes(body)) expect(status).toBe(400);
        expect(ran.filter((what) => /instance|mounted/.test(what))).toEqual([]);
        expect(body).not.toMatch(/middleware|openapi|swagger/i);
      });

      it('do not allow preflights', async () => {
        const preflight = await app.request('OPTIONS', own, 'evil.example', [
          'Origin: http://evil.example',
          'Access-Control-Request-Method: GET',
        ]);
        expect(preflight.status).toBe(400);
      });
    });

    describe('for a method', () => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(ruled([RawController]), platform);
      });

      it.each([
        ['GET', '/raw/any', 'evil.example', 200],
        ['POST', '/raw/any', 'evil.example', 400],
        ['GET', '/raw/users/health', '10.0.0.1', 200],
        ['DELETE', '/raw/users/health', '10.0.0.1', 400],
        ['GET', '/raw/secret', 'evil.example', 400],
      ])(
        'respond to %s %s for %s with %d',
        async (method, target, host, status) => {
          expect((await app.request(method, target, host)).status).toBe(status);
        },
      );
    });

    it('on a route for HEAD allow HEAD only', async () => {
      @Controller()
      class HeadController {
        @AllowAnyHost()
        @Head('size')
        size() {
          note('size');
        }

        @Get('size')
        get() {
          return note('get');
        }
      }
      const app = await start(ruled([HeadController]), platform);
      expect((await app.request('HEAD', '/size', 'evil.example')).status).toBe(
        200,
      );
      expect((await app.get('/size', 'evil.example')).status).toBe(400);
      expect(ran).toEqual(['size']);
    });

    it('do not come from a controller among the providers', async () => {
      class Heir extends RawController {}
      const app = await start(
        ruled([], { providers: [RawController, Heir] }),
        platform,
        (nest) => void nest.use(fetchStyle('/secret.txt')),
      );
      expect((await app.get('/secret.txt', '10.0.0.1')).status).toBe(400);
      expect((await app.get('/any', 'evil.example')).status).toBe(400);
      expect(app.log.lines).toContainEqual({
        level: 'warn',
        message:
          'The rule on Heir has no effect: it is among the providers, and is neither a gateway nor a resolver. Controllers belong to "controllers".',
        context: 'AllowedHosts',
      });
    });

    it.each([
      ['open', 'closed'],
      ['/open', 'closed/'],
      ['open/deep', 'open'],
      ['open', ['closed', 'open/deep']],
      ['open', '/'],
    ])(
      'belong to one controller, even if controllers share a method: that at %j, not that at %j',
      async (open, closed) => {
        abstract class Shared {
          @Get('where')
          where() {
            return note(this.constructor.name);
          }
        }
        @AllowAnyHost()
        @Controller(open)
        class OpenController extends Shared {}
        @Controller(closed)
        class ClosedController extends Shared {}
        const app = await start(
          ruled([OpenController, ClosedController]),
          platform,
          (nest) => void nest.setGlobalPrefix('api'),
        );
        const status = async (path: string) => {
          const target = `/api/${path}/where`.replace(/\/+/g, '/');
          return (await app.get(target, 'evil.example')).status;
        };
        expect(await status(open)).toBe(200);
        for (const path of [closed].flat())
          expect(await status(path)).toBe(400);
        expect(ran).toEqual(['OpenController']);
        expect(app.log.of('warn').join()).not.toContain('no effect');
      },
    );

    it.each(['first', 'last'])(
      'have no effect before the guard if controllers share a method and a path, and are named in the log: the one with a rule is the %s',
      async (place) => {
        abstract class Shared {
          @Get()
          get() {
            return note(this.constructor.name);
          }
        }
        @AllowAnyHost()
        @Controller({ path: 'cats', version: '1' })
        class OpenController extends Shared {}
        @Controller({ path: 'cats', version: '2' })
        class ClosedController extends Shared {}
        const controllers = [OpenController, ClosedController];
        if (place === 'last') controllers.reverse();
        const app = await start(ruled(controllers), platform, (nest) => {
          nest.enableVersioning();
          nest.use(((request, _response, next) => {
            note(`middleware ${request.headers.host}`);
            next();
          }) satisfies Handler);
        });
        expect(app.log.of('warn')).toEqual([
          expect.stringMatching(
            /^The rule on OpenController\.get has no effect before the guard: \/v[12]\/cats may be another controller's route\. Only hosts in the list reach it\.$/,
          ),
        ]);
        for (const path of ['/v1/cats', '/v2/cats'])
          expect((await app.get(path, 'evil.example')).status).toBe(400);
        expect(ran).toEqual([]);
        expect((await app.get('/v1/cats', 'example.com')).status).toBe(200);
      },
    );

    if (platform.name === 'express')
      it.each([
        ['get', '/{*any}', ['GET /health', 'GET /pages/:id{/more}']],
        ['get', '/pages/:page', ['GET /pages/:id{/more}']],
        ['all', '/pages/:page', ['GET /pages/:id{/more}']],
        ['post', '/{*any}', []],
        ['get', '/other', []],
      ] as const)(
        'have no effect after a route beside those of Nest, and are named in the log: %s %s',
        async (method, path, shadowed) => {
          @AllowAnyHost()
          @Controller('pages')
          class RuledController {
            @Get(':id{/more}')
            get() {
              return note('get');
            }
          }
          const app = await start(
            ruled([RuledController]),
            platform,
            (nest) => {
              const instance: Record<
                string,
                (path: string, run: Handler) => void
              > = nest.getHttpAdapter().getInstance();
              instance[method]?.(path, (_request, _response, next) => next());
            },
          );
          const log = app.log.of('warn');
          expect(log).toHaveLength(shadowed.length);
          for (const route of shadowed)
            expect(log).toContain(
              `The rule on ${route} has no effect before the guard: a route that Nest has not registered comes first there. Only hosts in the list reach it. Register that one after app.init().`,
            );
          expect((await app.get('/pages/1', 'evil.example')).status).toBe(
            shadowed.length > 0 ? 400 : 200,
          );
        },
      );

    it('do not allow responses of other middleware, except errors', async () => {
      const app = await start(ruled([PageController]), platform, (nest) => {
        nest.use(((request, response, next) => {
          if (request.url === '/pages/moved') {
            const location = `https://${request.headers.host}/`;
            response.writeHead(301, { location }).end('moved');
          } else if (request.url === '/pages/busy') {
            response.statusCode = 429;
            response.end('busy');
          } else next();
        }) satisfies Handler);
      });
      const moved = await app.get('/pages/moved', 'evil.example');
      expect(moved.status).toBe(400);
      expect(moved.headers['location']).toBeUndefined();
      expect(moved.body).toContain('Host not allowed');
      expect((await app.get('/pages/moved', 'example.com')).status).toBe(301);
      expect((await app.get('/pages/busy', 'evil.example')).status).toBe(429);
      expect((await app.get('/pages/one', 'evil.example')).body).toBe('page');
      expect(app.log.of('warn').join()).toContain(
        'Refused Host "evil.example"',
      );
    });

    it('pass and report responses of other middleware in report mode', async () => {
      const reporting = AllowedHostsModule.forRoot({
        hosts: 'example.com',
        addresses: false,
        mode: 'report',
      });
      const app = await start(
        ruled([PageController], { imports: [reporting] }),
        platform,
        (nest) => {
          nest.use(((request, response, next) => {
            if (request.url === '/pages/moved') {
              response.writeEarlyHints({ link: '</style.css>; rel=preload' });
              response.writeHead(301, { location: '/' }).end('moved');
            } else next();
          }) satisfies Handler);
          const server = nest.getHttpServer() as Server;
          server.on('request', ({ url }: IncomingMessage) => {
            note(`listener ${url}`);
          });
        },
      );
      const reported: (string | undefined)[] = [];
      app.app
        .get(AllowedHosts)
        .refusals$.subscribe(({ url }) => reported.push(url));
      const moved = await app.get('/pages/moved', 'evil.example');
      expect(moved.interim).toEqual([103]);
      expect(moved.status).toBe(301);
      expect(moved.headers['location']).toBe('/');
      expect(moved.body).toBe('moved');
      expect((await app.get('/pages/one', 'evil.example')).body).toBe('page');
      expect((await app.get('/pages/moved', 'example.com')).status).toBe(301);
      expect(reported).toEqual(['/pages/moved']);
      expect(ran.filter((what) => what.startsWith('listener'))).toHaveLength(3);
    });

    it('allow their route below middleware that is mounted on its own path', async () => {
      @Controller()
      class TenantController {
        @AllowAnyHost()
        @Get('hooks/:id')
        hook() {
          return note('hook');
        }

        @AllowAnyHost()
        @Get(':tenant/ping')
        ping() {
          return note('ping');
        }
      }
      const pass: Handler = (_request, _response, next) => next();
      const app = await start(ruled([TenantController]), platform, (nest) => {
        nest.use('/hooks', pass);
        nest.use('/:tenant', pass);
        nest.use('/admin', fetchStyle('/ping'));
      });
      expect((await app.get('/hooks/1', 'evil.example')).body).toBe('hook');
      expect((await app.get('/acme/ping', 'evil.example')).body).toBe('ping');
      expect((await app.get('/admin/ping', 'evil.example')).status).toBe(400);
    });

    it('call a predicate once for a request and host', async () => {
      const called: string[] = [];
      const allow = (host: { hostname: string }) => {
        called.push(host.hostname);
        return Promise.resolve(host.hostname === 'good.example');
      };
      @AllowHosts(allow)
      @Controller('ruled')
      class RuledController {
        @Get()
        get() {
          return note('ruled');
        }
      }
      const app = await start(
        {
          module: class AppModule {},
          imports: [
            AllowedHostsModule.forRoot({
              hosts: ['example.com', (host) => allow(host)],
              addresses: false,
            }),
          ],
          controllers: [RuledController],
        },
        platform,
      );
      expect((await app.get('/nowhere', 'bad.example')).status).toBe(400);
      expect(called).toEqual(['bad.example']);
      // The list's predicate, and the rule's own.
      expect((await app.get('/ruled', 'bad.example')).status).toBe(400);
      expect(called).toEqual(['bad.example', 'bad.example', 'bad.example']);
      expect((await app.get('/ruled', 'good.example')).status).toBe(200);
      expect(called).toHaveLength(5);
    });

    it('do not allow CONNECT', async () => {
      const app = await start(ruled([]), platform);
      const connected: unknown[] = [];
      const server = app.app.getHttpServer() as Server;
      server.on('connect', (request, socket) => {
        connected.push(request.headers.host);
        socket.end('HTTP/1.1 200 OK\r\n\r\n');
      });
      const connect = (host: string) =>
        app.raw(`CONNECT /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect((await connect('10.0.0.1')).status).toBe(400);
      expect((await connect('example.com')).status).toBe(200);
      expect(connected).toEqual(['example.com']);
    });

    describe('on resolvers', () => {
      @Resolver()
      class ProbedResolver {
        @AllowProbes()
        @Query(() => String)
        probe() {
          return note('probe');
        }
      }

      it('allow the endpoint itself, and nothing below it', async () => {
        const app = await start(
          ruled([], {
            imports: [
              AllowedHostsModule.forRoot({
                hosts: 'example.com',
                addresses: false,
              }),
              GraphQLModule.forRoot<ApolloDriverConfig>({
                driver: ApolloDriver,
                autoSchemaFile: true,
              }),
            ],
            providers: [ProbedResolver],
          }),
          platform,
        );
        const query = (target: string, host: string) =>
          app.request(
            'POST',
            target,
            host,
            ['Content-Type: application/json'],
            '{"query":"{ probe }"}',
          );
        expect((await query('/graphql', '10.0.0.1')).body).toContain('probe');
        expect((await query('/graphql', 'evil.example')).body).not.toContain(
          '"probe":"probe"',
        );
        for (const target of ['/graphql/health', '/x/graphql', '/graphql;/x'])
          expect((await query(target, '10.0.0.1')).status).toBe(400);
      });
    });

    it('on a resolver of a field alone allow the endpoint', async () => {
      @ObjectType()
      class Page {
        @Field(() => String)
        title = '';
      }
      @Resolver(() => Page)
      class TitleResolver {
        @AllowAnyHost()
        @ResolveField(() => String)
        title() {
          return 'title';
        }
      }
      @Resolver()
      class PageResolver {
        @Query(() => Page)
        page() {
          return new Page();
        }
      }
      const app = await start(
        ruled([], {
          imports: [
            AllowedHostsModule.forRoot({
              hosts: 'example.com',
              addresses: false,
            }),
            GraphQLModule.forRoot<ApolloDriverConfig>({
              driver: ApolloDriver,
              autoSchemaFile: true,
            }),
          ],
          providers: [TitleResolver, PageResolver],
        }),
        platform,
      );
      const { body } = await app.request(
        'POST',
        '/graphql',
        'evil.example',
        ['Content-Type: application/json'],
        '{"query":"{ __typename }"}',
      );
      expect(body).toBe('{"data":{"__typename":"Query"}}\n');
      expect(app.log.of('warn')).toEqual([]);
    });

    describe('and WebSockets', () => {
      @WebSocketGateway({ path: '/chat' })
      class ChatGateway {}

      @WebSocketGateway()
      class IoGateway {}

      @AllowAnyHost()
      @WebSocketGateway({ path: '/open' })
      class OpenGateway {}

      @Controller()
      class WideController {
        @AllowAnyHost()
        @Get('.well-known/acme-challenge/:token')
        token() {
          return note('token');
        }

        @AllowAnyHost()
        @Get('docs/*')
        docs() {
          return note('docs');
        }

        @AllowAnyHost()
        @Get(':a/:b')
        two() {
          return note('two');
        }
      }

      const POLLING = '?EIO=4&transport=polling';

      it('on a route do not allow socket.io', async () => {
        const app = await start(
          ruled([WideController], { providers: [IoGateway] }),
          platform,
          (nest) => void nest.useWebSocketAdapter(new IoAdapter(nest)),
        );
        for (const target of [
          `/socket.io/health/${POLLING}`,
          `/socket.io/.well-known/acme-challenge/x${POLLING}`,
          `/socket.io/${POLLING}`,
          `/socket.io/x${POLLING}`,
        ]) {
          for (const host of ['10.0.0.1', 'localhost', 'evil.example']) {
            const { body } = await app.get(target, host);
            expect(body).not.toContain('sid');
            const upgrade = target.replace('polling', 'websocket');
            const { status } = await handshake(tcp(app.port), upgrade, host);
            expect(status).toBe(400);
          }
        }
        const listed = await app.get(`/socket.io/${POLLING}`, 'example.com');
        expect(listed.body).toContain('sid');
      });

      it('on a route do not allow upgrades of platform-ws', async () => {
        const app = await start(
          ruled([WideController], { providers: [ChatGateway, OpenGateway] }),
          platform,
          (nest) => void nest.useWebSocketAdapter(new WsAdapter(nest)),
        );
        const status = async (target: string, host: string) =>
          (await handshake(tcp(app.port), target, host)).status;
        for (const target of [
          '/chat',
          '/health;/../chat',
          '/docs/../chat',
          '//docs/chat',
          '/docs/%2e%2e/chat',
          '/open/../chat',
        ])
          for (const host of ['10.0.0.1', 'evil.example'])
            expect(await status(target, host)).toBe(400);
        expect(await status('/chat', 'example.com')).toBe(101);
        expect(await status('/open', 'evil.example')).toBe(101);
        expect((await app.get('/docs/x', 'evil.example')).body).toBe('docs');
      });

      it('on one gateway do not allow another one at the same path, and log this', async () => {
        @WebSocketGateway({ namespace: 'admin' })
        class AdminGateway {}
        @AllowAnyHost()
        @WebSocketGateway({ namespace: 'public' })
        class PublicGateway {}
        const app = await start(
          ruled([], { providers: [AdminGateway, PublicGateway] }),
          platform,
          (nest) => void nest.useWebSocketAdapter(new IoAdapter(nest)),
        );
        const { status } = await app.get(
          `/socket.io/${POLLING}`,
          'evil.example',
        );
        expect(status).toBe(400);
        expect(app.log.of('warn').join()).toContain(
          'Gateways with different rules share the path /socket.io on port 0',
        );
      });

      it('on a gateway of socket.io allow its polling', async () => {
        @AllowAnyHost()
        @WebSocketGateway()
        class PublicGateway {}
        const app = await start(
          ruled([], { providers: [PublicGateway] }),
          platform,
          (nest) => void nest.useWebSocketAdapter(new IoAdapter(nest)),
        );
        const open = await app.get(`/socket.io/${POLLING}`, 'evil.example');
        expect(open.body).toContain('sid');
        expect(app.log.of('warn')).toEqual([]);
        const below = await app.get(`/socket.io/x/${POLLING}`, 'evil.example');
        expect(below.status).toBe(400);
      });

      it('on a gateway of platform-ws allow upgrades only', async () => {
        const app = await start(
          ruled([], { providers: [OpenGateway] }),
          platform,
          (nest) => void nest.useWebSocketAdapter(new WsAdapter(nest)),
        );
        const server: Server = app.app.getHttpServer();
        server.on('request', () => note('listener'));
        const { status } = await app.get('/open', 'evil.example');
        expect(status).toBe(400);
        expect(ran).toEqual([]);
        const upgrade = await handshake(tcp(app.port), '/open', 'evil.example');
        expect(upgrade.status).toBe(101);
      });
    });
  });

  describe('on express', () => {
    it('apply to a path with a slash at its end, which the router ignores', async () => {
      const app = await start(ruled([RawController]), platforms[0]);
      expect((await app.get('/raw/any/', 'evil.example')).body).toBe('any');
      expect((await app.get('/raw/secret/', 'evil.example')).status).toBe(400);
    });
  });

  describe('on fastify', () => {
    it('do not apply to a target that Fastify cuts at a semicolon', async () => {
      const app = await start(ruled([RawController]), {
        adapter: () => new FastifyAdapter({ useSemicolonDelimiter: true }),
      });
      for (const target of ['/raw/secret;/any', '/raw/any;/secret'])
        expect((await app.get(target, 'evil.example')).status).toBe(400);
      expect(ran).toEqual([]);
      expect((await app.get('/raw/any', 'evil.example')).status).toBe(200);
    });

    it('apply to a path with encoded letters, which the router decodes', async () => {
      const app = await start(ruled([RawController]), {
        adapter: () => new FastifyAdapter(),
      });
      const encoded = await app.get('/raw/%61ny', 'evil.example');
      expect(encoded.body).toBe('any');
      expect((await app.get('/raw/%73ecret', 'evil.example')).status).toBe(400);
    });

    it('do not apply to a target that the router refuses', async () => {
      const errors: string[] = [];
      const app = await start(ruled([RawController]), {
        adapter: () =>
          new FastifyAdapter({
            frameworkErrors: (
              error: { readonly code: string },
              request: FastifyRequest,
              reply: FastifyReply,
            ) => {
              errors.push(error.code);
              const location = `https://${request.headers.host}/error`;
              void reply.code(302).header('location', location).send();
            },
          }),
      });
      const long = `/raw/users/${'x'.repeat(101)}`;
      for (const target of [long, '/%zz', '/%', `/raw/any%`])
        expect((await app.get(target, 'evil.example')).status).toBe(400);
      expect(errors).toEqual([]);
      const listed = await app.request('DELETE', long, 'example.com');
      expect(listed.status).toBe(302);
    });

    it('do not apply to the response of the router to a parameter that is too long', async () => {
      const app = await start(ruled([SlugController]), {
        adapter: () =>
          new FastifyAdapter({
            frameworkErrors: (
              _error: unknown,
              request: FastifyRequest,
              reply: FastifyReply,
            ) => {
              const location = `https://${request.headers.host}/error`;
              void reply.code(302).header('location', location).send();
            },
          }),
      });
      const long = `/${'x'.repeat(101)}`;
      expect((await app.get(long, 'evil.example')).status).toBe(400);
      expect((await app.get(long, 'example.com')).status).toBe(302);
    });

    it('do not change the target in the log', async () => {
      const app = await start(ruled([]), {
        adapter: () =>
          new FastifyAdapter({
            rewriteUrl: (request: { readonly url?: string | undefined }) =>
              `/rewritten${request.url}`,
          }),
      });
      await app.get('/elsewhere?x=1', 'evil.example');
      expect(app.log.of('warn').join()).toContain('on GET /elsewhere from');
    });
  });
});
