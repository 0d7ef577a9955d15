import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import {
  type CanActivate,
  Controller,
  type DynamicModule,
  Get,
  type INestApplication,
  Injectable,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, LazyModuleLoader, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import {
  FastifyAdapter,
  type NestFastifyApplication,
} from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import compression from 'compression';
import helmet from 'helmet';
import { ClsModule } from 'nestjs-cls';
import { LoggerModule } from 'nestjs-pino';
import { AllowedHosts, AllowedHostsModule } from '../../../src/index.js';
import { LogLines } from '../../harness.js';
import { note, ran } from './ran.js';
import { create, onlyOurs, type PlatformName, portOf } from './scene.js';
import { ask, tcp } from './wire.js';

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

interface Neighbour {
  readonly name: string;
  readonly imports?: readonly DynamicModule[];
  readonly providers?: readonly Provider[];
  readonly configure?: (
    app: INestApplication,
    platform: PlatformName,
  ) => unknown;
  /** A header by which it shows that it ran. */
  readonly header?: string;
  /** What it notes when it ran. */
  readonly notes?: string;
}

/** Set by jest.config.js. */
declare const NEST_MAJOR: 11 | 12;

/** It is CommonJS alone, which cannot load Nest 12 in Jest before Node 24.9. */
async function throttler(): Promise<Neighbour[]> {
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

const neighbours: Neighbour[] = [
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
  imports: readonly (DynamicModule | Type)[] = [],
  providers: readonly Provider[] = [],
) => ({
  module: class AppModule {},
  imports: [...imports],
  controllers: [AppController],
  providers: [...providers],
});

describe.each(['express', 'fastify'] as const)('on %s', (platform) => {
  describe.each(['before', 'after'])('imported %s it', (order) => {
    it.each(neighbours)(
      '$name: a foreign host is refused first',
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
        const door = tcp(portOf(app));
        ran.length = 0;

        const foreign = await ask(door, 'GET /hello', 'evil.example');
        expect(foreign.status).toBe(400);
        expect(ran).toEqual([]);
        if (header) expect(foreign.headers).not.toHaveProperty(header);

        const allowed = await ask(door, 'GET /hello', 'example.com', [
          'Accept-Encoding: gzip',
        ]);
        expect(allowed.status).toBe(200);
        if (header) expect(allowed.headers).toHaveProperty(header);
        // A log line may come after the answer.
        while (notes && !ran.join().includes(notes)) await setImmediate();
        await app.close();
      },
    );
  });

  const statuses = async (app: INestApplication, hosts: readonly string[]) => {
    const answers = [];
    for (const host of hosts)
      answers.push((await ask(tcp(portOf(app)), 'GET /hello', host)).status);
    return answers;
  };
  const listening = async (module: object) => {
    const app = await create(module, adapterOf(platform));
    await app.listen(0, '127.0.0.1');
    return app;
  };
  const hostsOf = (...hosts: string[]) =>
    appModule([AllowedHostsModule.forRoot({ hosts, addresses: false })]);

  it('two applications in one process have a list each', async () => {
    const one = await listening(hostsOf('one.example'));
    const two = await listening(hostsOf('two.example'));
    const hosts = ['one.example', 'two.example'];
    expect(await statuses(one, hosts)).toEqual([200, 400]);
    expect(await statuses(two, hosts)).toEqual([400, 200]);
    await one.close();
    expect(await statuses(two, hosts)).toEqual([400, 200]);
    await two.close();
  });

  it('two forRoot in one application are refused with a sentence', async () => {
    const module = appModule([
      onlyOurs(),
      AllowedHostsModule.forRoot({ hosts: ['two.example'], addresses: false }),
    ]);
    await expect(create(module, adapterOf(platform))).rejects.toThrow(
      'AllowedHostsModule is registered more than once, perhaps as an ES module and as CommonJS: keep one forRoot or forRootAsync, in the root module.',
    );
  });

  it('starts again after app.close()', async () => {
    for (let round = 0; round < 2; round++) {
      const app = await listening(appModule([onlyOurs()]));
      expect(await statuses(app, ['example.com', 'evil.example'])).toEqual([
        200, 400,
      ]);
      await app.close();
    }
  });

  it('stands before a module that is loaded late', async () => {
    const app = await listening(appModule([onlyOurs()]));
    class LateService {}
    const late = await app
      .get(LazyModuleLoader)
      .load(() => ({ module: class LateModule {}, providers: [LateService] }));
    expect(late.get(LateService)).toBeInstanceOf(LateService);
    expect(await statuses(app, ['example.com', 'evil.example'])).toEqual([
      200, 400,
    ]);
    await app.close();
  });
});

it('starts without HTTP, and judges what it is given', async () => {
  const context = await NestFactory.createApplicationContext(
    appModule([onlyOurs()]),
    { logger: false, abortOnError: false },
  );
  expect(context.get(AllowedHosts)).toBeInstanceOf(AllowedHosts);
  await context.close();
});

it('says which WebSocket server it does not see', async () => {
  @WebSocketGateway(9)
  class ForeignGateway {}
  const log = new LogLines();
  const app = await NestFactory.create<INestApplication>(
    appModule([onlyOurs()], [ForeignGateway]),
    new ExpressAdapter(),
    { logger: log, abortOnError: false },
  );
  class ForeignAdapter extends WsAdapter {
    override create(): never {
      return new EventEmitter() as never;
    }
    override close() {
      return Promise.resolve();
    }
  }
  app.useWebSocketAdapter(new ForeignAdapter(app));
  await app.init();
  await app.close();
  expect(log.of('warn')).toEqual([
    'Hosts are not checked on the WebSocket server on port 9: call AllowedHosts.check(request) in its adapter.',
  ]);
});
