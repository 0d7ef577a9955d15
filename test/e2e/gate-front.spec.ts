import 'reflect-metadata';
import {
  Controller,
  Get,
  Injectable,
  type INestApplication,
  Module,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import express from 'express';
import { createServer } from 'node:http';
import { AllowedHostsModule } from '../../src/index.js';
import { LogLines, platforms, RunningApp, start, stopAll } from '../harness.js';

@Controller()
class AppController {
  @Get()
  index() {
    return 'index';
  }
}

const onlyExample = () =>
  AllowedHostsModule.forRoot({ hosts: 'example.com', addresses: false });

@Module({ imports: [onlyExample()], controllers: [AppController] })
class AppModule {}

@Module({ controllers: [AppController] })
class BareModule {}

@Injectable()
class Loader {
  constructor(readonly lazy: LazyModuleLoader) {}
}

afterAll(stopAll);

describe('an Express router as the instance of the adapter', () => {
  it('refuses before the middleware that it brought along', async () => {
    const ran: string[] = [];
    const router = express.Router();
    router.use((request, _response, next) => {
      ran.push(request.headers.host ?? '');
      next();
    });
    const app = await NestFactory.create<INestApplication>(
      AppModule,
      new ExpressAdapter(router),
      { logger: new LogLines(), abortOnError: false },
    );
    await app.init();
    // As such a router is meant to be used: below an application of Express.
    const server = createServer(express().use('/below', router));
    await new Promise<void>((resolve) =>
      server.listen(0, '127.0.0.1', resolve),
    );
    const served = new RunningApp(
      { getHttpServer: () => server } as unknown as INestApplication,
      new LogLines(),
    );
    expect((await served.get('/below', 'evil.example')).status).toBe(400);
    expect(ran).toEqual([]);
    expect((await served.get('/below', 'example.com')).body).toBe('index');
    expect((await served.get('/below/health', '10.0.0.1')).status).toBe(200);
    server.close();
    await app.close();
  });
});

describe('an application of Express 4', () => {
  /** Express 4 throws from a getter where Express 5 has its router. */
  const express4 = () => {
    const adapter = new ExpressAdapter();
    Object.defineProperty(adapter.getInstance(), 'router', {
      get() {
        throw new Error("'app.router' is deprecated!");
      },
    });
    return adapter;
  };

  it('stops the start with a sentence that can be caught', async () => {
    await expect(
      NestFactory.create(AppModule, express4(), {
        logger: new LogLines(),
        abortOnError: false,
      }),
    ).rejects.toThrow(/AllowedHostsModule needs Express 5.*install express@5/);
  });

  it('stops the start of a testing module, too', async () => {
    const testing = await Test.createTestingModule({
      imports: [AppModule],
    }).compile();
    const app = testing.createNestApplication(express4());
    // Nest's own body parsers may fail on it first.
    await expect(app.init()).rejects.toThrow(/Express 5|'app.router'/);
  });
});

describe.each(platforms)('on $name', (platform) => {
  it.each([true, false])(
    'a module that is loaded lazily is rejected, with isGlobal %j',
    async (isGlobal) => {
      @Module({ imports: [BareModule], providers: [Loader] })
      class LazyAppModule {}
      const app = await start(LazyAppModule, platform);
      const load = () =>
        app.app.get(Loader).lazy.load(() => ({
          ...onlyExample(),
          global: isGlobal,
        }));
      await expect(load()).rejects.toThrow(
        /AllowedHostsModule cannot be loaded lazily.*imports of the root module/,
      );
      // Nothing of it is left behind.
      expect((await app.get('/', 'any.example')).status).toBe(200);
    },
  );

  it('a lazily loaded module that imports it is rejected, before listening as well', async () => {
    @Module({ imports: [onlyExample()] })
    class FeatureModule {}
    @Module({ imports: [BareModule], providers: [Loader] })
    class LazyAppModule {}
    const app = await NestFactory.create<INestApplication>(
      LazyAppModule,
      platform.adapter(),
      { logger: new LogLines(), abortOnError: false },
    );
    await expect(
      app.get(Loader).lazy.load(() => FeatureModule),
    ).rejects.toThrow('AllowedHostsModule cannot be loaded lazily');
    await app.close();
  });

  it('a framework that throws on a refusal leaves it to the socket', async () => {
    const app = await start(AppModule, {
      adapter: () => {
        const adapter = platform.adapter();
        const instance = adapter.getInstance() as {
          routing?: unknown;
          handle?: unknown;
        };
        const fail = () => {
          throw new TypeError('Invalid URL');
        };
        if (platform.name === 'fastify') instance.routing = fail;
        else instance.handle = fail;
        return adapter;
      },
    });
    for (const target of ['/', 'http://evil.example/']) {
      const refused = await app.get(target, 'evil.example');
      expect(refused.status).toBe(400);
      expect(refused.body).toContain('Host not allowed');
    }
  });

  it('a target that no router can read is refused like any other', async () => {
    const app = await start(AppModule, platform);
    for (const target of ['http://[bad/', 'http://evil.example:99999/', '/%']) {
      const { status, body } = await app.get(target, 'evil.example');
      expect([status, body]).toEqual([
        400,
        '{"statusCode":400,"message":"Host not allowed","error":"Bad Request"}',
      ]);
    }
  });
});
