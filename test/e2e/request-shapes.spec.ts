import 'reflect-metadata';
import { once } from 'node:events';
import {
  createServer,
  get,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from '@nestjs/common';
import {
  AllowedHosts,
  AllowedHostsGuard,
  DisallowedHostException,
  type AnyRequest,
  type Verdict,
} from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { helloApp, HelloController } from '../support/hello.js';

/** What no type allows, but mocks contain. */
const mock = (request: object) => request as AnyRequest;

const reasonOf = (verdict: Verdict) =>
  verdict.allowed ? 'allowed' : verdict.reason;

describe('a request without raw headers', () => {
  describe.each(platforms)('on $name', (platform) => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await start(
        helloApp({
          hosts: ['example.com', 'a.example.com'],
          forwardedHost: 'always',
        }),
        platform,
      );
    });
    afterAll(stopAll);

    const check = async (request: object) =>
      reasonOf(await app.app.get(AllowedHosts).check(mock(request)));

    it.each<[string, (host: string) => object]>([
      ['a plain object', (host) => ({ headers: { host } })],
      ['a header name in capitals', (host) => ({ headers: { Host: host } })],
      ['a frozen object', (host) => Object.freeze({ headers: { host } })],
      [
        'a Fetch Request',
        (host) => new Request(`http://${host}/`, { headers: { host } }),
      ],
      ['a Headers object', (host) => ({ headers: new Headers({ host }) })],
      [
        'a `raw` that is a body',
        (host) => ({ headers: { host }, raw: Buffer.from('body') }),
      ],
      ['a `raw` that is null', (host) => ({ headers: { host }, raw: null })],
      ["Fastify's over a mock", (host) => ({ raw: { headers: { host } } })],
      [
        'an absolute URL',
        (host) => ({ headers: { host }, url: `https://${host}/x` }),
      ],
      [
        'raw headers that are empty',
        (host) => ({ headers: { host }, rawHeaders: [] }),
      ],
    ])('is checked by its headers: %s', async (_, request) => {
      expect(await check(request('example.com'))).toBe('allowed');
      expect(await check(request('evil.example'))).toBe('unlisted');
    });

    it.each<[string, object]>([
      ['an array', { host: ['example.com'] }],
      [
        'two spellings of the name',
        { host: 'example.com', Host: 'example.com' },
      ],
    ])('is ambiguous with %s', async (_, headers) => {
      expect(await check({ headers })).toBe('ambiguous');
    });

    it.each<[string, object, string]>([
      ['no headers', {}, 'missing'],
      ['headers that are null', { headers: null }, 'missing'],
      ['headers that are text', { headers: 'host' }, 'missing'],
      ['an empty Headers object', { headers: new Headers() }, 'missing'],
      ['a number for a host', { headers: { host: 1 } }, 'malformed'],
      [
        'an object for a host',
        { headers: { host: Object.create(null) } },
        'malformed',
      ],
      [
        'a URL object for a target',
        {
          headers: { host: 'example.com' },
          url: new URL('http://evil.example'),
        },
        'allowed',
      ],
      [
        'an absolute URL of another host',
        { headers: { host: 'example.com' }, url: 'http://evil.example/' },
        'conflicting',
      ],
      [
        'a foreign X-Forwarded-Host',
        {
          headers: { host: 'example.com', 'X-Forwarded-Host': 'evil.example' },
        },
        'unlisted',
      ],
      [
        'several X-Forwarded-Host',
        {
          headers: {
            host: 'example.com',
            'x-forwarded-host': ['example.com', 'evil.example'],
          },
        },
        'unlisted',
      ],
      [
        'a foreign X-Forwarded-Host in a Headers object',
        {
          headers: new Headers({
            host: 'example.com',
            'x-forwarded-host': 'evil.example',
          }),
        },
        'unlisted',
      ],
      [
        'a foreign Forwarded',
        {
          headers: {
            host: 'example.com',
            FORWARDED: ['for=x', 'host=evil.example'],
          },
        },
        'unlisted',
      ],
    ])('never throws: %s', async (_, request, reason) => {
      expect(await check(request)).toBe(reason);
    });

    it.each<[string, object, string]>([
      ['no target', {}, 'allowed'],
      ['another :authority', { ':authority': 'a.example.com' }, 'conflicting'],
    ])('is checked by its raw headers with %s', async (_, more, reason) => {
      const headers = { host: 'example.com', ...more };
      const rawHeaders = ['Host', 'example.com'];
      const url = '/hello';
      expect(await check({ headers, rawHeaders })).toBe(reason);
      expect(await check({ headers, rawHeaders, url })).toBe(reason);
      const isAllowed = reason === 'allowed';
      expect(await admits({ headers, rawHeaders })).toBe(isAllowed);
      expect(await admits({ headers, rawHeaders, url })).toBe(isAllowed);
    });

    it('is checked again when a mock is used again', async () => {
      const request = { headers: { host: 'example.com' } };
      expect(await check(request)).toBe('allowed');
      request.headers.host = 'evil.example';
      expect(await check(request)).toBe('unlisted');
    });

    /** Whether gate and guard admit a request; they store the verdict with it. */
    const admits = async (request: object) => {
      try {
        return await app.app.get(AllowedHostsGuard).canActivate({
          getType: () => 'http',
          getClass: () => HelloController,
          getHandler: () => HelloController.prototype.hello,
          getArgByIndex: () => request,
        } as unknown as ExecutionContext);
      } catch (error) {
        if (error instanceof DisallowedHostException) return false;
        throw error;
      }
    };

    it('is judged by its headers if its raw headers are not text', async () => {
      const rawHeaders = [undefined, null, 4, {}, 'Host', 'example.com'];
      const request = (host: string) => ({ headers: { host }, rawHeaders });
      for (const url of ['/', undefined]) {
        expect(await admits({ ...request('example.com'), url })).toBe(true);
        expect(await admits({ ...request('evil.example'), url })).toBe(false);
      }
    });

    it('is judged if its raw headers are frozen', async () => {
      for (const host of ['example.com', 'evil.example']) {
        const rawHeaders = Object.freeze(['Host', host]);
        const request = { headers: { host }, rawHeaders, url: '/' };
        expect(await admits(request)).toBe(host === 'example.com');
        const frozen = Object.freeze(request);
        expect(await admits(frozen)).toBe(host === 'example.com');
      }
    });

    it('is judged by itself if mocks share their raw headers', async () => {
      const rawHeaders = ['Host', 'example.com'];
      const one = { headers: { host: 'example.com' }, rawHeaders, url: '/' };
      const other = { headers: { host: 'evil.example' }, rawHeaders, url: '/' };
      expect(await admits(one)).toBe(true);
      expect(await admits(other)).toBe(false);
      expect(await admits(one)).toBe(true);
    });

    it.each([
      ['example.com', 'evil.example', true],
      ['evil.example', 'example.com', false],
    ])('keeps its verdict: %s, then %s', async (host, other, isAllowed) => {
      const headers = { host };
      const rawHeaders = ['Host', host];
      const request = { headers, rawHeaders, url: '/' };
      expect(await admits(request)).toBe(isAllowed);
      headers.host = other;
      expect(await admits(request)).toBe(isAllowed);
      expect(await admits({ ...request })).toBe(!isAllowed);
    });

    it('passes the gate of a serverless adapter by its headers', async () => {
      const serve = frameworkOf(app);
      const adapter = createServer((request, response) => {
        // Node computes `headers` from the raw ones when it is first read.
        expect(request.headers).toBeDefined();
        Object.defineProperty(request, 'rawHeaders', { value: undefined });
        serve(request, response);
      }).listen(0, '127.0.0.1');
      await once(adapter, 'listening');
      const { port } = adapter.address() as AddressInfo;
      const statuses = [];
      for (const host of ['example.com', 'evil.example'])
        statuses.push(await statusOf(port, host));
      expect(statuses).toEqual([200, 400]);
      adapter.close();
    });

    it.each<[string, (headers: object) => object]>([
      ['its headers', (headers) => ({ req: { headers } })],
      ["Mercurius' reply", (headers) => ({ reply: { request: { headers } } })],
    ])(
      'is checked by the guard in a GraphQL context with %s',
      (_, contextOf) => {
        const guard = app.app.get(AllowedHostsGuard);
        const admits = (host: string, handler: keyof HelloController) =>
          guard.canActivate({
            getType: () => 'graphql',
            getClass: () => HelloController,
            getHandler: () => HelloController.prototype[handler],
            getArgByIndex: () => contextOf({ Host: host }),
          } as unknown as ExecutionContext);
        expect(admits('example.com', 'hello')).toBe(true);
        expect(admits('admin.example.com', 'admin')).toBe(true);
        expect(() => admits('evil.example', 'hello')).toThrow(
          'Host not allowed',
        );
        expect(() => admits('example.com', 'admin')).toThrow(
          'Host not allowed',
        );
      },
    );
  });

  type Serve = (request: IncomingMessage, response: ServerResponse) => void;

  function frameworkOf({ app }: RunningApp): Serve {
    const instance = app.getHttpAdapter().getInstance() as
      Serve | { routing: Serve };
    return typeof instance === 'function' ? instance : instance.routing;
  }

  async function statusOf(port: number, host: string) {
    const target = { port, host: '127.0.0.1', path: '/hello' };
    const request = get({ ...target, headers: { host }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }
});
