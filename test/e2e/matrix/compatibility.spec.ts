import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import {
  Controller,
  Get,
  Injectable,
  type CanActivate,
  type DynamicModule,
  type INestApplication,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD, LazyModuleLoader } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  FastifyAdapter,
  type NestFastifyApplication,
} from '@nestjs/platform-fastify';
import compression from 'compression';
import helmet from 'helmet';
import { ClsModule } from 'nestjs-cls';
import { LoggerModule } from 'nestjs-pino';
import { AllowedHostsModule } from '../../../src/index.js';
import { portOf } from '../../support/app.js';
import { sendRequest, tcp } from '../../support/raw-client.js';
import { note, ran } from './ran.js';
import { create, onlyOurs, type PlatformName } from './scene.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    note('handler');
    return 'hello';
  }
}

@Injectable()
class AuthGuard implements CanActivate {
  canActivate() {
    note('auth');
    return true;
  }
}

const silent = { write: () => note('log') };

interface OtherPackage {
  readonly name: string;
  readonly imports?: readonly DynamicModule[];
  readonly providers?: readonly Provider[];
  readonly configure?: (
    app: INestApplication,
    platform: PlatformName,
  ) => unknown;
  /** A response header that shows that it ran. */
  readonly header?: string;
  /** The note that shows that it ran. */
  readonly notes?: string;
}

/** Set by jest.config.js. */
declare const NEST_MAJOR: 11 | 12;

/** It is CommonJS only, which cannot load Nest 12 in Jest before Node 24.9. */
async function throttler(): Promise<OtherPackage[]> {
  if (NEST_MAJOR === 12) return [];
  const { ThrottlerGuard, ThrottlerModule } = await import('@nestjs/throttler');
  return [
    {
      name: 'ThrottlerModule',
      imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 10 }])],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
      header: 'x-ratelimit-limit',
    },
  ];
}

const others: OtherPackage[] = [
  {
    name: 'an auth guard as APP_GUARD in the root module',
    providers: [{ provide: APP_GUARD, useClass: AuthGuard }],
    notes: 'auth',
  },
  ...(await throttler()),
  {
    name: 'nestjs-cls',
    imports: [
      ClsModule.forRoot({
        global: true,
        middleware: { mount: true, setup: () => note('cls') },
      }),
    ],
    notes: 'cls',
  },
  {
    name: 'nestjs-pino',
    imports: [LoggerModule.forRoot({ pinoHttp: { stream: silent } as never })],
  },
  {
    name: 'helmet',
    configure: (app, platform) =>
      platform === 'express'
        ? app.use(helmet())
        : (app as NestFastifyApplication).register(fastifyHelmet as never),
    header: 'content-security-policy',
  },
  {
    name: 'compression',
    configure: (app, platform) =>
      platform === 'express'
        ? app.use(compression({ threshold: 0 }))
        : (app as NestFastifyApplication).register(fastifyCompress as never, {
            threshold: 0,
          }),
    header: 'vary',
  },
];

const adapterOf = (platform: PlatformName) =>
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();

const appModule = (
  imports: readonly DynamicModule[] = [],
  providers: readonly Provider[] = [],
) => ({
  module: class AppModule {},
  imports: [...imports],
  controllers: [AppController],
  providers: [...providers],
});

describe('next to other packages', () => {
  describe.each(['express', 'fastify'] as const)('on %s', (platform) => {
    describe.each(['before', 'after'])('imported %s them', (order) => {
      it.each(others)(
        'refuses a foreign host before $name runs',
        async ({ imports = [], providers, configure, header, notes }) => {
          const app = await create(
            appModule(
              order === 'before'
                ? [onlyOurs(), ...imports]
                : [...imports, onlyOurs()],
              providers,
            ),
            adapterOf(platform),
          );
          await configure?.(app, platform);
          await app.listen(0, '127.0.0.1');
          const connect = tcp(portOf(app));
          ran.length = 0;

          const foreign = await sendRequest(
            connect,
            'GET /hello',
            'evil.example',
          );
          expect(foreign.status).toBe(400);
          expect(ran).toEqual([]);
          if (header) expect(foreign.headers).not.toHaveProperty(header);

          const allowed = await sendRequest(
            connect,
            'GET /hello',
            'example.com',
            ['Accept-Encoding: gzip'],
          );
          expect(allowed.status).toBe(200);
          if (header) expect(allowed.headers).toHaveProperty(header);
          // A log line may arrive after the response.
          while (notes && !ran.join().includes(notes)) await setImmediate();
          await app.close();
        },
      );
    });

    const statuses = async (
      app: INestApplication,
      hosts: readonly string[],
    ) => {
      const found = [];
      for (const host of hosts)
        found.push(
          (await sendRequest(tcp(portOf(app)), 'GET /hello', host)).status,
        );
      return found;
    };
    const listening = async (module: object) => {
      const app = await create(module, adapterOf(platform));
      await app.listen(0, '127.0.0.1');
      return app;
    };
    const hostsOf = (...hosts: string[]) =>
      appModule([AllowedHostsModule.forRoot({ hosts, addresses: false })]);

    it('keeps one list per application in one process', async () => {
      const one = await listening(hostsOf('one.example'));
      const two = await listening(hostsOf('two.example'));
      const hosts = ['one.example', 'two.example'];
      expect(await statuses(one, hosts)).toEqual([200, 400]);
      expect(await statuses(two, hosts)).toEqual([400, 200]);
      await one.close();
      expect(await statuses(two, hosts)).toEqual([400, 200]);
      await two.close();
    });

    it('checks hosts before a module that is loaded lazily', async () => {
      const app = await listening(appModule([onlyOurs()]));
      class LateService {}
      const late = await app.get(LazyModuleLoader).load(() => ({
        module: class LateModule {},
        providers: [LateService],
      }));
      expect(late.get(LateService)).toBeInstanceOf(LateService);
      expect(await statuses(app, ['example.com', 'evil.example'])).toEqual([
        200, 400,
      ]);
      await app.close();
    });
  });
});
