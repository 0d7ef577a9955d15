import 'reflect-metadata';
import {
  All,
  Controller,
  Get,
  Header,
  HttpException,
  Injectable,
  Post,
  SetMetadata,
  UnauthorizedException,
  UseGuards,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { of, tap } from 'rxjs';
import {
  AllowedHostsHealth,
  AllowedHostsModule,
  AllowProbes,
} from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';

const PROBE = '10.9.9.9:3000';
let database: 'up' | 'down' = 'up';

class DatabaseIndicator {
  check() {
    return { database: { status: database } };
  }
}

/** As a JWT guard: who has no token is refused, except on public routes. */
@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride('public', targets)) return true;
    throw new UnauthorizedException();
  }
}

/** As ThrottlerGuard: a client with too many requests gets 429. */
@Injectable()
class RateGuard implements CanActivate {
  #requests = 0;

  canActivate() {
    if (++this.#requests > 2) throw new HttpException('Too many', 429);
    return true;
  }
}

@Injectable()
class RefusingGuard implements CanActivate {
  canActivate() {
    return false;
  }
}

/** As Nest's CacheInterceptor: what a handler returned once is served for good. */
@Injectable()
class CachingInterceptor implements NestInterceptor {
  #kept: unknown;

  intercept(_: ExecutionContext, next: CallHandler) {
    return this.#kept === undefined
      ? next.handle().pipe(tap((value) => (this.#kept = value)))
      : of(this.#kept);
  }
}

const Public = () => SetMetadata('public', true);

const appModule = (
  health: object | false,
  { providers = [], controllers = [], imports = [] }: Parts = {},
) => ({
  module: class AppModule {},
  imports: [
    ...imports,
    AllowedHostsModule.forRoot({
      hosts: 'example.com',
      addresses: false,
      health,
    }),
  ],
  providers,
  controllers,
});

interface Parts {
  readonly providers?: unknown[];
  readonly controllers?: Type[];
  readonly imports?: unknown[];
}

/** A controller with one route of its own. */
function controllerOn(
  path: string,
  decorate: (path?: string) => MethodDecorator,
  options: object = {},
): Type {
  @Controller({ path, ...options })
  class OwnController {
    @decorate()
    serve() {
      return 'own';
    }
  }
  return OwnController;
}

describe('health routes', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);
    beforeEach(() => {
      database = 'up';
    });

    it('health passes a global guard that refuses who has no token', async () => {
      const providers = [{ provide: APP_GUARD, useClass: TokenGuard }];
      const app = await start(
        appModule({ livenessPath: 'livez' }, { providers }),
        platform,
      );
      expect((await app.get('/health', PROBE)).status).toBe(200);
      expect((await app.get('/livez', PROBE)).status).toBe(200);
      expect((await app.get('/health', 'rebind.evil.example')).status).toBe(
        400,
      );
    });

    it('health passes a global rate limit however often it is requested', async () => {
      const app = await start(
        appModule(
          {},
          { providers: [{ provide: APP_GUARD, useClass: RateGuard }] },
        ),
        platform,
      );
      for (let i = 0; i < 5; i++)
        expect((await app.get('/health', PROBE)).status).toBe(200);
    });

    it('health is never served from a global cache of responses', async () => {
      const providers = [
        { provide: APP_INTERCEPTOR, useClass: CachingInterceptor },
      ];
      const app = await start(
        appModule({ indicators: [DatabaseIndicator] }, { providers }),
        platform,
      );
      expect((await app.get('/health', PROBE)).status).toBe(200);
      database = 'down';
      expect((await app.get('/health', PROBE)).status).toBe(503);
    });

    it('health passes global guards under a prefix, a version and useGlobalGuards', async () => {
      const app = await start(appModule({}), platform, (nest) => {
        nest.useGlobalGuards(new RefusingGuard());
        nest.setGlobalPrefix('api');
        nest.enableVersioning({
          type: VersioningType.URI,
          defaultVersion: '1',
        });
      });
      expect((await app.get('/api/health', PROBE)).status).toBe(200);
    });

    it('a guard in health.decorators runs, and those of the application with it', async () => {
      const decorators = [UseGuards(TokenGuard)];
      const closed = await start(appModule({ decorators }), platform);
      expect((await closed.get('/health', PROBE)).status).toBe(401);
      const open = await start(
        appModule({ decorators: [...decorators, Public()] }),
        platform,
      );
      expect((await open.get('/health', PROBE)).status).toBe(200);
    });

    it('health is not in the OpenAPI document', async () => {
      const app = await start(appModule({ livenessPath: 'livez' }), platform);
      const document = SwaggerModule.createDocument(
        app.app,
        new DocumentBuilder().build(),
      );
      expect(Object.keys(document.paths)).toEqual([]);
    });

    describe('a route of the application in the same place stops the start', () => {
      const sentence = /on GET \/\S+.*health\.path.*health: false/;

      it.each([
        ['health', Get],
        ['health', All],
      ])('%s', async (path, decorate) => {
        const own = controllerOn(path, decorate);
        await expect(
          start(appModule({}, { controllers: [own] }), platform),
        ).rejects.toThrow(sentence);
      });

      it('whichever module registers first', async () => {
        class OwnModule {}
        const own = {
          module: OwnModule,
          controllers: [controllerOn('health', Get)],
        };
        const { imports, module } = appModule({});
        for (const order of [
          [own, ...imports],
          [...imports, own],
        ])
          await expect(
            start({ module, imports: order }, platform),
          ).rejects.toThrow(sentence);
      });

      it('under a prefix and with versions', async () => {
        const own = controllerOn('health', Get, { version: '1' });
        await expect(
          start(appModule({}, { controllers: [own] }), platform, (nest) => {
            nest.setGlobalPrefix('api');
            nest.enableVersioning({
              type: VersioningType.HEADER,
              header: 'X-Version',
            });
          }),
        ).rejects.toThrow(sentence);
      });

      it('where health.livenessPath is, with its name', async () => {
        const own = controllerOn('livez', Get);
        await expect(
          start(
            appModule({ livenessPath: 'livez' }, { controllers: [own] }),
            platform,
          ),
        ).rejects.toThrow('health.livenessPath');
      });
    });

    it('starts beside a route with another method, path or version in the path, or without its own', async () => {
      const controllers = [
        controllerOn('health', Post),
        controllerOn('healthy', Get),
        controllerOn('health', Get, { version: '1' }),
      ];
      const versioned = await start(
        appModule({}, { controllers }),
        platform,
        (nest) => void nest.enableVersioning({ type: VersioningType.URI }),
      );
      expect((await versioned.get('/v1/health', 'example.com')).body).toBe(
        'own',
      );
      expect((await versioned.get('/health', PROBE)).status).toBe(200);
      const alone = await start(
        appModule(
          { path: false },
          { controllers: [controllerOn('health', Get)] },
        ),
        platform,
      );
      expect((await alone.get('/health', 'example.com')).body).toBe('own');
    });

    it.each([':page', '*'])(
      'health is served beside a route on %s in the root module',
      async (path) => {
        @Controller()
        class PageController {
          @Get(path)
          page() {
            return 'page';
          }
        }
        const app = await start(
          appModule(
            { livenessPath: 'livez', indicators: [DatabaseIndicator] },
            { controllers: [PageController] },
          ),
          platform,
        );
        database = 'down';
        expect((await app.get('/health', PROBE)).status).toBe(503);
        expect((await app.get('/livez', PROBE)).body).toContain('ok');
        expect((await app.get('/other', 'example.com')).body).toBe('page');
      },
    );

    it('AllowedHostsHealth gives a controller of the application the same, with path: false', async () => {
      @Controller()
      class ReadyController {
        constructor(private readonly health: AllowedHostsHealth) {}

        @Get('readyz')
        @AllowProbes()
        ready() {
          return this.health.check();
        }
      }
      const app = await start(
        appModule(
          { path: false, indicators: [DatabaseIndicator] },
          { controllers: [ReadyController] },
        ),
        platform,
      );
      expect((await app.get('/readyz', PROBE)).status).toBe(200);
      expect(app.app.get(AllowedHostsHealth).draining).toBe(false);
      database = 'down';
      const response = await app.get('/readyz', PROBE);
      expect([response.status, JSON.parse(response.body).error]).toEqual([
        503,
        { database: { status: 'down' } },
      ]);
      expect((await app.get('/health', 'example.com')).status).toBe(404);
    });

    it('liveness runs no check', async () => {
      database = 'down';
      const app = await start(
        appModule({ livenessPath: 'livez', indicators: [DatabaseIndicator] }),
        platform,
      );
      expect((await app.get('/health', PROBE)).status).toBe(503);
      const response = await app.get('/livez', PROBE);
      expect([response.status, JSON.parse(response.body).status]).toEqual([
        200,
        'ok',
      ]);
      expect((await app.get('/livez', 'rebind.evil.example')).status).toBe(400);
    });
  });

  it.each([
    [{ path: '/a b' }, /health\.path is "\/a b": write a plain path/],
    [{ livenessPath: 5 }, 'health.livenessPath is 5: write a plain path'],
    [{ path: 'x', livenessPath: '/X' }, 'are both "x": write two paths'],
    [{ indicators: [{}] }, 'must contain only classes with a check() method'],
    [{ decorators: ['x'] }, 'must contain only decorators'],
    [
      { decorators: [Public] },
      'health.decorators contains a function that returns a decorator: write [Public()], with parentheses.',
    ],
    [
      { decorators: [Header('X-A', 'b')] },
      'health.decorators contains a decorator that is not for classes: write one that is, such as SkipThrottle(). ',
    ],
    [{ timeoutMs: 0 }, 'health.timeoutMs is 0: write a whole number'],
    [{ cacheMs: -1 }, 'health.cacheMs is -1'],
    [{ details: 'true' }, 'health.details is the text "true"'],
    [{ forceCloseAfter: 1 }, 'did you mean "forceCloseAfterMs"?'],
  ])('health: %j stops the start', (health, sentence) => {
    expect(() => appModule(health)).toThrow(sentence);
  });
});
