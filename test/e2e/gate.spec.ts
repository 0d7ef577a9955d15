import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  Controller,
  Get,
  Injectable,
  Module,
  type INestApplication,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import express from 'express';
import type { FastifyError, FastifyPluginCallback } from 'fastify';
import { AllowedHostsModule } from '../../src/index.js';
import {
  closeLater,
  platforms,
  RunningApp,
  start,
  stopAll,
} from '../support/app.js';
import { LogLines } from '../support/log-lines.js';
import { RawConnection, tcp } from '../support/raw-client.js';

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

afterEach(stopAll);

describe('the gate', () => {
  describe('on an Express router as the instance of the adapter', () => {
    it('refuses before middleware that the router had before', async () => {
      const ran: string[] = [];
      const router = express.Router();
      router.use((request, _response, next) => {
        ran.push(request.headers.host ?? '');
        next();
      });
      const app = closeLater(
        await NestFactory.create<INestApplication>(
          AppModule,
          new ExpressAdapter(router),
          { logger: new LogLines(), abortOnError: false },
        ),
      );
      await app.init();
      // Such a router is used below an application of Express.
      const server = createServer(express().use('/below', router));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const served = new RunningApp(
        { getHttpServer: () => server } as unknown as INestApplication,
        new LogLines(),
      );
      expect((await served.get('/below', 'evil.example')).status).toBe(400);
      expect(ran).toEqual([]);
      expect((await served.get('/below', 'example.com')).body).toBe('index');
      expect((await served.get('/below/health', '10.0.0.1')).status).toBe(200);
      server.close();
    });
  });

  describe('on an application of Express that serves before Nest is initialized', () => {
    it('refuses without a filter of Nest', async () => {
      const app = closeLater(
        await NestFactory.create<INestApplication>(
          AppModule,
          new ExpressAdapter(),
          { logger: new LogLines(), abortOnError: false },
        ),
      );
      const server = createServer(app.getHttpAdapter().getInstance());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const served = new RunningApp(
        { getHttpServer: () => server } as unknown as INestApplication,
        new LogLines(),
      );
      expect((await served.get('/', 'evil.example')).status).toBe(400);
      expect((await served.get('/', 'example.com')).status).toBe(404);
      server.close();
    });
  });

  describe('on Fastify, without the server of the adapter', () => {
    it('refuses before the hooks of every plugin, and with a status that their error handlers can read', async () => {
      const ran: string[] = [];
      const adapter = new FastifyAdapter();
      const fastify = adapter.getInstance();
      const plugin =
        (name: string): FastifyPluginCallback =>
        (instance, _options, done) => {
          instance.addHook('onRequest', async () => void ran.push(name));
          instance.setErrorHandler<FastifyError>(
            ({ statusCode = 500 }, _request, reply) =>
              reply.status(statusCode).send(`${name}: ${statusCode}`),
          );
          instance.get('/own', () => name);
          done();
        };
      const outer: FastifyPluginCallback = (instance, _options, done) => {
        instance.register(plugin('inner'), { prefix: '/inner' });
        plugin('outer')(instance, {}, done);
      };
      fastify.register(outer, { prefix: '/outer' });
      await start(AppModule, { adapter: () => adapter });
      // As in a serverless adapter.
      const server = createServer((...both) => fastify.routing(...both));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const served = new RunningApp(
        { getHttpServer: () => server } as unknown as INestApplication,
        new LogLines(),
      );
      const respond = async (path: string, host: string) => {
        const { status, body } = await served.get(path, host);
        return [status, body];
      };
      const [outerUrl, innerUrl] = ['/outer/own', '/outer/inner/own'];
      expect(await respond(outerUrl, 'evil.example')).toEqual([
        400,
        'outer: 400',
      ]);
      expect(await respond(innerUrl, 'evil.example')).toEqual([
        400,
        'inner: 400',
      ]);
      expect(ran).toEqual([]);
      expect(await respond(innerUrl, 'example.com')).toEqual([200, 'inner']);
      expect(ran.toSorted()).toEqual(['inner', 'outer']);
      server.close();
    });
  });

  describe('on Express 4', () => {
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

    it('stops the start with an error', async () => {
      await expect(
        NestFactory.create(AppModule, express4(), {
          logger: new LogLines(),
          abortOnError: false,
        }),
      ).rejects.toThrow(
        /AllowedHostsModule needs Express 5.*install express@5/,
      );
    });

    it('stops the start of a testing module', async () => {
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
      'rejects a module that is loaded lazily, with isGlobal %j',
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
        // Nothing of it stays active.
        expect((await app.get('/', 'any.example')).status).toBe(200);
      },
    );

    it('rejects a lazily loaded module that imports AllowedHostsModule, before the application listens', async () => {
      @Module({ imports: [onlyExample()] })
      class FeatureModule {}
      @Module({ imports: [BareModule], providers: [Loader] })
      class LazyAppModule {}
      const app = closeLater(
        await NestFactory.create<INestApplication>(
          LazyAppModule,
          platform.adapter(),
          { logger: new LogLines(), abortOnError: false },
        ),
      );
      await expect(
        app.get(Loader).lazy.load(() => FeatureModule),
      ).rejects.toThrow('AllowedHostsModule cannot be loaded lazily');
    });

    /** An adapter with this listener instead of its framework. */
    const withFramework = (listener: RequestListener) => () => {
      const adapter = platform.adapter();
      const instance = adapter.getInstance() as {
        routing?: RequestListener;
        handle?: RequestListener;
      };
      instance[platform.name === 'fastify' ? 'routing' : 'handle'] = listener;
      return adapter;
    };

    it('responds on the socket if the framework throws on a refusal', async () => {
      let calls = 0;
      const adapter = withFramework(() => {
        calls++;
        throw new TypeError('Invalid URL');
      });
      // Without a filter that catches it, the framework does not get a refusal.
      const app = await start(AppModule, { adapter }, (nest) => {
        nest.useGlobalFilters({ catch: () => undefined });
      });
      for (const target of ['/', 'http://evil.example/']) {
        const refused = await app.get(target, 'evil.example');
        expect(refused.status).toBe(400);
        expect(refused.body).toContain('Host not allowed');
      }
      expect(calls).toBe(2);
    });

    it.each([
      ['closes the connection', 'has begun to respond', false],
      ['leaves the response as it is', 'has responded', true],
    ])(
      '%s if the framework throws once it %s to a refusal',
      async (_what, _when, isEnded) => {
        // More than the kernel takes at once.
        const body = 'x'.repeat(8_000_000);
        const adapter = withFramework((_request, response) => {
          response.writeHead(400, { 'content-length': body.length });
          if (isEnded) response.end(body);
          else response.write('half');
          throw new TypeError('Invalid URL');
        });
        const app = await start(AppModule, { adapter }, (nest) => {
          nest.useGlobalFilters({ catch: () => undefined });
        });
        const connection = new RawConnection(tcp(app.port)).send(
          'GET / HTTP/1.1',
          'Host: evil.example',
          'Connection: close',
          '',
          '',
        );
        await connection.closed();
        expect(connection.received).not.toContain('Host not allowed');
        expect(connection.received.endsWith(body)).toBe(isEnded);
      },
    );

    it('shows every listener of the server a request whose host a promise allows', async () => {
      const seen: (string | undefined)[] = [];
      const app = await start(
        {
          module: class PromisingModule {},
          imports: [
            AllowedHostsModule.forRoot({
              hosts: [
                ({ hostname }) => Promise.resolve(hostname === 'a.example'),
              ],
              addresses: false,
            }),
          ],
          controllers: [AppController],
        },
        platform,
        (nest) => {
          (nest.getHttpServer() as Server).on('request', ({ headers }) => {
            seen.push(headers.host);
          });
        },
      );
      expect((await app.get('/', 'a.example')).body).toBe('index');
      expect((await app.get('/', 'b.example')).status).toBe(400);
      expect(seen).toEqual(['a.example']);
    });

    it('leaves every other event of the server as it is', async () => {
      const app = await start(AppModule, platform);
      const server = app.app.getHttpServer() as Server;
      expect(server.emit('own')).toBe(false);
      const calls: unknown[] = [];
      server.on('own', function (this: unknown, ...args) {
        calls.push([this === server, ...(args as unknown[])]);
      });
      expect(server.emit('own')).toBe(true);
      server.emit('own', 1);
      server.emit('own', 1, 2, 3, 4, 5);
      expect(calls).toEqual([[true], [true, 1], [true, 1, 2, 3, 4, 5]]);
    });

    it('tells whoever emits an event that a refused request is handled', async () => {
      const app = await start(AppModule, platform, (nest) => {
        (nest.getHttpServer() as Server).on('upgrade', () => undefined);
      });
      const server = app.app.getHttpServer() as Server;
      const emit = server.emit.bind(server) as (...args: unknown[]) => boolean;
      const handled: unknown[] = [];
      server.emit = (event: string, ...args: unknown[]) => {
        const isHandled = emit(event, ...args);
        if (['request', 'upgrade'].includes(event))
          handled.push([event, isHandled]);
        return isHandled;
      };
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
      expect((await app.get('/', 'evil.example')).status).toBe(400);
      expect((await app.get('/', 'evil.example', upgrade)).status).toBe(400);
      expect(handled).toEqual([
        ['request', true],
        ['upgrade', true],
      ]);
    });

    it('leaves "Expect: 100-continue" to a listener of the application', async () => {
      const app = await start(AppModule, platform, (nest) => {
        (nest.getHttpServer() as Server).on(
          'checkContinue',
          (_request, response) => response.writeHead(417).end(),
        );
      });
      const expecting = ['Expect: 100-continue'];
      const { status, interim } = await app.get('/', 'example.com', expecting);
      expect([status, interim]).toEqual([417, []]);
      expect((await app.get('/', 'evil.example', expecting)).status).toBe(400);
    });

    it('refuses an upgrade with the headers of any other refusal', async () => {
      const app = await start(AppModule, platform, (nest) => {
        (nest.getHttpServer() as Server).on('upgrade', () => undefined);
      });
      const refused = await app.get('/', 'evil.example');
      const connection = new RawConnection(tcp(app.port)).send(
        'GET / HTTP/1.1',
        'Host: evil.example',
        'Connection: Upgrade',
        'Upgrade: websocket',
        '',
        '',
      );
      const { received, last } = await connection.closed();
      expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(last.body).toBe(refused.body);
      const { date, ...headers } = refused.headers;
      expect(last.headers).toEqual(headers);
      expect(date).toBeDefined();
    });

    it('refuses a target that no router can parse', async () => {
      const app = await start(AppModule, platform);
      for (const target of [
        'http://[bad/',
        'http://evil.example:99999/',
        '/%',
      ]) {
        const { status, body } = await app.get(target, 'evil.example');
        expect([status, body]).toEqual([
          400,
          '{"statusCode":400,"message":"Host not allowed","error":"Bad Request"}',
        ]);
      }
    });
  });
});
