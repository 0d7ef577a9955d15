import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Catch,
  Controller,
  Get,
  type ArgumentsHost,
  type HttpServer,
} from '@nestjs/common';
import { AllowedHostsPolicy } from '../../src/allowed-hosts.policy.js';
import {
  AllowedHosts,
  AllowHosts,
  DisallowedHostException,
  type AllowedHostsOptions,
  type Refusal,
} from '../../src/index.js';
import { Refusals } from '../../src/refusals/refusals.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { helloApp } from '../support/hello.js';

@Controller()
class StuckController {
  @AllowHosts(() => new Promise<boolean>(() => undefined))
  @Get('stuck')
  stuck() {
    return 'stuck';
  }
}

const appModule = (options: Partial<AllowedHostsOptions> = {}) =>
  helloApp(options, { controllers: [StuckController] });

describe('a refusal', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    const refusalsOf = (app: RunningApp) => {
      const refusals: Refusal[] = [];
      app.app
        .get(AllowedHosts)
        .refusals$.subscribe((one) => refusals.push(one));
      return refusals;
    };

    it('has the address of the peer and its user agent, cut and escaped in the log', async () => {
      const app = await start(appModule(), platform);
      const refusals = refusalsOf(app);
      await app.get('/hello', 'shop.example', ['User-Agent: curl/8.5.0']);
      await app.get('/hello', 'other.example', [
        `User-Agent: a\t"${'x'.repeat(1000)}`,
      ]);
      expect(
        refusals.map(({ remoteAddress, userAgent }) => [
          remoteAddress,
          userAgent?.length,
        ]),
      ).toEqual([
        ['127.0.0.1', 'curl/8.5.0'.length],
        ['127.0.0.1', 256],
      ]);
      const [first = '', second = ''] = app.log.of('warn');
      expect(first).toMatch(
        /^Refused Host "shop\.example" on GET \/hello from 127\.0\.0\.1 with User-Agent "curl\/8\.5\.0": it is not in the list\. /,
      );
      expect(second).toContain(
        `with User-Agent "a\\t\\"${'x'.repeat(117)}...": it`,
      );
    });

    it('has neither for a request without a socket', async () => {
      const app = await start(appModule(), platform);
      const refusals = refusalsOf(app);
      const request = { headers: { host: 'evil.example' }, rawHeaders: [] };
      const verdict = await app.app
        .get(AllowedHostsPolicy)
        .verdictUnder(request, undefined);
      app.app.get(Refusals).refuse(verdict, request);
      expect(refusals[0]).toMatchObject({
        remoteAddress: undefined,
        userAgent: undefined,
      });
    });

    describe.each([
      '127.0.0.1:3000',
      '127.8.9.1',
      '[::1]:3000',
      '[::ffff:127.0.0.1]',
      '0.0.0.0:3000',
      '[::]',
      'localhost:3000',
      'app.localhost',
      '_',
      'backend',
      'backend:8080',
    ])('for %s', (host) => {
      it('is logged with the hint that the proxy does not pass Host on, and no advice to list it', async () => {
        const app = await start(
          appModule({ forwardedHost: 'always' }),
          platform,
        );
        await app.get('/hello', host);
        await app.get('/hello', 'example.com', [`X-Forwarded-Host: ${host}`]);
        const [plain = '', forwarded = ''] = app.log.of('warn');
        expect(plain).toContain(
          'Probably your proxy does not pass Host on: see docs/proxies.md.',
        );
        expect(forwarded).toContain(
          'Probably your proxy does not pass Host on (it arrived in X-Forwarded-Host): see docs/proxies.md.',
        );
        for (const line of [plain, forwarded])
          expect(line).not.toMatch(/\badd\b|to hosts/);
      });
    });

    it('is logged with the rule, not with hosts, on a route with a rule', async () => {
      const app = await start(appModule(), platform);
      await app.get('/admin', 'example.com');
      expect(app.log.of('warn')).toEqual([
        'Refused Host "example.com" on GET /admin from 127.0.0.1: it is not in the list. This route allows only the hosts in its @AllowHosts(). If "example.com" is yours, add it there; if not, there is nothing to do.',
      ]);
    });

    it('is logged with hosts if several rules may be that of the route', async () => {
      @Controller()
      class PagesController {
        @AllowHosts('a.example')
        @Get('pages/:page')
        page() {
          return 'page';
        }

        @AllowHosts('b.example')
        @Get(':folder/one')
        one() {
          return 'one';
        }
      }
      const app = await start(
        helloApp({}, { controllers: [PagesController] }),
        platform,
      );
      await app.get('/pages/two', 'c.example');
      await app.get('/pages/one', 'd.example');
      const [first = '', second = ''] = app.log.of('warn');
      expect(first).toContain('If "c.example" is yours, add it there');
      expect(second).toContain('If it is yours, add "d.example" to hosts');
    });

    it('is logged with the header of a proxy in every remedy', async () => {
      const app = await start(appModule({ forwardedHost: 'always' }), platform);
      for (const host of ['shop.example', '10.0.0.1'])
        await app.get('/hello', 'example.com', [`X-Forwarded-Host: ${host}`]);
      await app.get('/hello', 'example.com', ['Forwarded: host=other.example']);
      expect(app.log.of('warn')).toEqual([
        expect.stringContaining('to hosts (it arrived in X-Forwarded-Host)'),
        expect.stringContaining('to hosts (it arrived in X-Forwarded-Host)'),
        expect.stringContaining('to hosts (it arrived in Forwarded)'),
      ]);
    });

    describe('Cache-Control: no-store', () => {
      it.each([
        ['a refused request', 'GET', '/hello', 400, []],
        ['a refused request for no route', 'GET', '/nothing', 400, []],
        ['a refused preflight', 'OPTIONS', '/hello', 400, []],
        [
          'a refused upgrade',
          'GET',
          '/hello',
          400,
          ['Connection: Upgrade', 'Upgrade: websocket'],
        ],
        ['a refused CONNECT', 'CONNECT', 'evil.example:80', 400, []],
        ['a route that refuses by its rule', 'GET', '/admin', 400, []],
        ['a rule whose predicate does not settle', 'GET', '/stuck', 503, []],
      ] as const)(
        'is on the response to %s',
        async (_, method, path, status, more) => {
          const app = await start(appModule(), platform, (nest) =>
            nest.enableCors(),
          );
          for (const event of ['upgrade', 'connect'])
            app.app.getHttpServer().on(event, () => undefined);
          const host =
            path === '/admin' || path === '/stuck'
              ? 'example.com'
              : 'evil.example';
          const response = await app.request(method, path, host, more);
          expect([response.status, response.headers['cache-control']]).toEqual([
            status,
            'no-store',
          ]);
          if (status === 503) expect(response.headers['retry-after']).toBe('1');
        },
      );

      it('is on the 503 of a failing lookup', async () => {
        const find = () => Promise.reject(new Error('gone'));
        const app = await start(appModule({ lookup: { find } }), platform);
        const { status, headers } = await app.get('/hello', 'a.example');
        expect([status, headers['cache-control']]).toEqual([503, 'no-store']);
      });

      it('stays on the response of a filter, unless the filter sets its own', async () => {
        @Catch(DisallowedHostException)
        class Filter {
          constructor(
            private readonly adapter: HttpServer,
            private readonly own: string | undefined,
          ) {}

          catch(exception: DisallowedHostException, host: ArgumentsHost) {
            const response: unknown = host.switchToHttp().getResponse();
            if (this.own)
              this.adapter.setHeader?.(response, 'Cache-Control', this.own);
            this.adapter.reply(response, 'Unknown', exception.getStatus());
          }
        }
        for (const own of [undefined, 'private, max-age=5']) {
          const app = await start(
            appModule(),
            platform,
            (nest) =>
              void nest.useGlobalFilters(
                new Filter(nest.getHttpAdapter(), own),
              ),
          );
          for (const [path, host] of [
            ['/hello', 'evil.example'],
            ['/admin', 'example.com'],
          ] as const) {
            const { body, headers } = await app.get(path, host);
            expect([body, headers['cache-control']]).toEqual([
              'Unknown',
              own ?? 'no-store',
            ]);
          }
        }
      });

      it('is not on responses that report mode allows', async () => {
        const app = await start(appModule({ mode: 'report' }), platform);
        for (const path of ['/hello', '/admin']) {
          const { status, headers } = await app.get(path, 'evil.example');
          expect([status, headers['cache-control']]).toEqual([200, undefined]);
        }
      });
    });
  });

  it('keeps no request in memory', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const [platform] = platforms;
    const app = await start(appModule({ forwardedHost: 'always' }), platform);
    const kept: unknown[] = [];
    app.app.get(AllowedHosts).refusals$.subscribe((one) => kept.push(one));
    const refuse = async (i: number) => {
      // A parser cuts them out like this, without a copy.
      const given = (start: string) =>
        Buffer.from(`${start}${'x'.repeat(15_000)}`).toString('latin1');
      const request = {
        headers: {
          host: 'example.com',
          'x-forwarded-host': given(`tenant-${i}.evil.example, `).replaceAll(
            'xxx',
            'a,b',
          ),
          'user-agent': given(`agent ${i}`),
        },
        rawHeaders: ['Host', 'example.com'],
        url: given(`/${i}`),
        method: 'GET',
      };
      const verdict = await app.app
        .get(AllowedHostsPolicy)
        .verdictUnder(request, undefined);
      const refused = app.app.get(Refusals).refuse(verdict, request);
      if (refused) kept.push(app.app.get(Refusals).exceptionFor(refused));
    };
    await refuse(-1);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 2000; i++) await refuse(i);
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    expect(kept).toHaveLength(2 * 2001);
    // 2,000 requests of 45 kB; what is kept of each is below 1 kB and an exception.
    expect(grown).toBeLessThan(20 * 1024 * 1024);
  });
});
