import 'reflect-metadata';
import { jest } from '@jest/globals';
import {
  Catch,
  HttpException,
  NotFoundException,
  type ArgumentsHost,
  type HttpServer,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHosts, DisallowedHostException } from '../../src/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { helloApp } from '../support/hello.js';

/** A filter that responds with its own words. */
class WordingFilter {
  catch(exception: HttpException, host: ArgumentsHost) {
    const response: { status(code: number): { send(body: string): void } } =
      host.switchToHttp().getResponse();
    response.status(exception.getStatus()).send('Unknown host');
  }
}

function filterFor(...caught: Type[]): Type {
  @Catch(...caught)
  class Filter extends WordingFilter {}
  return Filter;
}

const asProvider = (filter: Type): Provider => ({
  provide: APP_FILTER,
  useClass: filter,
});

/** What catches a refusal, as `app.useGlobalFilters()` and as a provider. */
const catching: readonly [string, { filter?: object; provider?: Provider }][] =
  [
    [
      'for DisallowedHostException',
      { filter: new (filterFor(DisallowedHostException))() },
    ],
    ['for HttpException', { filter: new (filterFor(HttpException))() }],
    ['for everything', { filter: new (filterFor())() }],
    ['without a decorator', { filter: new WordingFilter() }],
    [
      'that is a provider',
      { provider: asProvider(filterFor(NotFoundException, HttpException)) },
    ],
  ];

/** An application, and how many requests its framework got. */
async function startCounting(
  platform: Platform,
  { filter, provider }: { filter?: object; provider?: Provider } = {},
) {
  const seen = { requests: 0 };
  const module = helloApp({}, { providers: provider ? [provider] : [] });
  const app = await start(
    module,
    { adapter: () => countRequests(platform, seen) },
    (nest) => {
      if (filter) nest.useGlobalFilters(filter as WordingFilter);
    },
  );
  return { app, seen };
}

/** Counts the requests as soon as the framework gets them. */
function countRequests(
  { name, adapter }: Platform,
  seen: { requests: number },
) {
  if (name === 'fastify')
    return new FastifyAdapter({ genReqId: () => String(seen.requests++) });
  const express = adapter();
  const instance: { handle(...args: unknown[]): unknown } =
    express.getInstance();
  const handle = instance.handle.bind(instance);
  instance.handle = (...args) => {
    seen.requests++;
    return handle(...args);
  };
  return express;
}

const PATHS = ['/hello', '/nothing', '/admin', '/%', 'http://[bad/'];

describe('exception filters', () => {
  afterAll(stopAll);

  describe.each(platforms)('on $name', (platform) => {
    it.each(catching)('a filter %s words each refusal', async (_, given) => {
      const { app } = await startCounting(platform, given);
      for (const path of PATHS) {
        const { status, body } = await app.get(path, 'evil.example');
        expect([path, status, body]).toEqual([path, 400, 'Unknown host']);
      }
    });

    it('a refusal that a filter words is reported once', async () => {
      const { app } = await startCounting(platform, {
        filter: new WordingFilter(),
      });
      const reported: (string | undefined)[] = [];
      app.app
        .get(AllowedHosts)
        .refusals$.subscribe(({ url }) => reported.push(url));
      await app.get('/admin?x=1', 'evil.example');
      expect(reported).toEqual(['/admin?x=1']);
    });

    it.each([
      ['Host', 'evil.example', []],
      ['X-Forwarded-Host', 'example.com', ['X-Forwarded-Host: evil.example']],
    ])(
      'a filter reads the target of a request that is refused for its %s',
      async (_, hostname, headers) => {
        @Catch(DisallowedHostException)
        class TargetFilter {
          catch(exception: HttpException, host: ArgumentsHost) {
            const request: Record<string, unknown> = host
              .switchToHttp()
              .getRequest();
            const response: {
              status(code: number): { send(body: object): void };
            } = host.switchToHttp().getResponse();
            const { originalUrl, url, params, baseUrl, next } = request;
            response
              .status(exception.getStatus())
              .send({ originalUrl, url, params, baseUrl, next: typeof next });
          }
        }
        const app = await start(
          helloApp(),
          { adapter: () => platform.adapter('loopback') },
          (nest) => void nest.useGlobalFilters(new TargetFilter()),
        );
        const { body } = await app.get('/admin?page=2', hostname, headers);
        expect(JSON.parse(body)).toEqual({
          originalUrl: '/admin?page=2',
          url: '/admin?page=2',
          params: {},
          ...(platform.name === 'express'
            ? { baseUrl: '', next: 'function' }
            : { next: 'undefined' }),
        });
      },
    );

    it('the framework never gets a refused request that no filter catches', async () => {
      const { app, seen } = await startCounting(platform, {
        filter: new (filterFor(NotFoundException))(),
      });
      for (const path of PATHS)
        expect((await app.get(path, 'evil.example')).status).toBe(400);
      expect(seen.requests).toBe(0);
      expect((await app.get('/hello', 'example.com')).body).toBe('hello');
      expect(seen.requests).toBe(1);
    });

    it('a filter for a class that is undefined, as in a circular import, does not end the process', async () => {
      const { app } = await startCounting(platform, {
        filter: new (filterFor(undefined as unknown as Type))(),
      });
      for (const path of PATHS)
        expect((await app.get(path, 'evil.example')).status).toBe(400);
    });

    it('a refusal is the same whether Nest sends it or not', async () => {
      // Nest's own filter, which responds to what no other filter catches.
      @Catch(DisallowedHostException)
      class NestFilter {
        constructor(private readonly adapterHost: HttpAdapterHost) {}
        catch(exception: HttpException, host: ArgumentsHost) {
          const adapter: HttpServer = this.adapterHost.httpAdapter;
          adapter.reply(
            host.getArgByIndex(1),
            exception.getResponse(),
            exception.getStatus(),
          );
        }
      }
      Reflect.defineMetadata(
        'design:paramtypes',
        [HttpAdapterHost],
        NestFilter,
      );
      const raw = await startCounting(platform);
      const nest = await startCounting(platform, {
        provider: asProvider(NestFilter),
      });
      const facts = async ({ app }: typeof raw) => {
        const { status, headers, body } = await app.get('/', 'evil.example');
        return {
          status,
          body,
          type: headers['content-type'],
          length: headers['content-length'],
          cache: headers['cache-control'],
        };
      };
      expect(await facts(raw)).toEqual(await facts(nest));
      expect([raw.seen.requests, nest.seen.requests]).toEqual([0, 1]);
    });
  });

  describe('on express', () => {
    it.each<[string, (http: HttpArgumentsHost, error: HttpException) => void]>([
      ['calls next()', (http) => http.getNext<() => void>()()],
      [
        'calls next() with the error',
        (http, error) => http.getNext<(error: Error) => void>()(error),
      ],
      [
        'responds and calls next()',
        (http, error) => {
          http
            .getResponse<{
              status(code: number): { json(body: unknown): void };
            }>()
            .status(error.getStatus())
            .json(error.getResponse());
          http.getNext<() => void>()();
        },
      ],
      [
        'sends a folder as its page',
        (http) =>
          http
            .getResponse<{ sendFile(path: string): void }>()
            .sendFile(import.meta.dirname),
      ],
    ])('a filter that %s lets no refused request in', async (_, handOn) => {
      @Catch(HttpException)
      class HandingOnFilter {
        catch(exception: HttpException, host: ArgumentsHost) {
          handOn(host.switchToHttp(), exception);
        }
      }
      const ran: string[] = [];
      const app = await start(helloApp(), platforms[0], (nest) => {
        nest.useGlobalFilters(new HandingOnFilter());
        nest.use((request: { url: string }, _response: object, next: Next) => {
          ran.push(request.url);
          next();
        });
      });
      const printed = jest.spyOn(console, 'error');
      for (const path of PATHS) {
        const { status, headers, body } = await app.get(path, 'evil.example');
        expect([path, status, headers['cache-control']]).toEqual([
          path,
          400,
          'no-store',
        ]);
        expect(JSON.parse(body)).toEqual({
          statusCode: 400,
          message: 'Host not allowed',
          error: 'Bad Request',
        });
      }
      expect(ran).toEqual([]);
      // Express prints each error that it gets.
      expect(printed).not.toHaveBeenCalled();
      printed.mockRestore();
    });
  });
});

type Next = () => void;
type HttpArgumentsHost = ReturnType<ArgumentsHost['switchToHttp']>;
