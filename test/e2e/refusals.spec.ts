import 'reflect-metadata';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  AllowedHosts,
  REFUSAL_CHANNEL,
  type Refusal,
} from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { helloApp } from '../support/hello.js';

describe('refusals', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterAll(stopAll);

    describe('a refusal', () => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(helloApp(), platform);
      });
      beforeEach(() => {
        app.log.lines.length = 0;
      });

      it('is a 400 with a body that reveals nothing', async () => {
        const response = await app.get('/hello', 'evil.example');
        expect(JSON.parse(response.body)).toEqual({
          statusCode: 400,
          message: 'Host not allowed',
          error: 'Bad Request',
        });
      });

      it('is logged once per host, at WARN, with what to write', async () => {
        await app.get('/hello', 'shop.example:8080');
        await app.get('/nothing', 'shop.example:8080');
        expect(app.log.of('warn')).toEqual([
          'Refused Host "shop.example:8080" on GET /hello from 127.0.0.1: it is not in the list. If it is yours, add "shop.example" to hosts; if not, there is nothing to do.',
        ]);
      });

      it.each([
        [
          '10.1.2.3:3000',
          'Refused Host "10.1.2.3:3000" on GET /hello from 127.0.0.1: it is not in the list. If a load balancer or kubelet probes by address, put @AllowProbes() on its route; if clients use it, add "10.1.2.3" to hosts.',
        ],
        [
          '[FD00::9]',
          'Refused Host "[FD00::9]" on GET /hello from 127.0.0.1: it is not in the list. If a load balancer or kubelet probes by address, put @AllowProbes() on its route; if clients use it, add "[fd00::9]" to hosts.',
        ],
        [
          undefined,
          'Refused a request without Host on GET /hello from 127.0.0.1: the request names no host. If a probe of yours sends no Host, put @AllowProbes() on its route.',
        ],
        [
          'a@b',
          'Refused Host "a@b" on GET /hello from 127.0.0.1: it contains a character that is not allowed in a host.',
        ],
      ])('of %j is logged with its remedy', async (host, line) => {
        await app.get('/hello', host);
        expect(app.log.of('warn')).toEqual([line]);
      });

      it('is logged with the value that the client sent, escaped and cut', async () => {
        await app.get('/hello', `a\t\u0085"${'x'.repeat(5000)}`);
        const [line = ''] = app.log.of('warn');
        expect(line).toMatch(
          /^Refused Host "a\\t\\u0085\\"x+\.\.\." on GET \/hello from 127\.0\.0\.1: /,
        );
        expect(line.length).toBeLessThan(260);
      });

      it('is logged with the header that carried the host', async () => {
        const forwarding = await start(
          helloApp({ forwardedHost: 'always' }),
          platform,
        );
        await forwarding.get('/hello', 'example.com', [
          'X-Forwarded-Host: shop.example',
        ]);
        expect(forwarding.log.of('warn')).toEqual([
          'Refused X-Forwarded-Host "shop.example" on GET /hello from 127.0.0.1: it is not in the list. If it is yours, add "shop.example" to hosts (it arrived in X-Forwarded-Host); if not, there is nothing to do.',
        ]);
      });

      it('reaches refusals$ and the diagnostics channel, once each, from gate and guard', async () => {
        const streamed: Refusal[] = [];
        const published: unknown[] = [];
        const listen = (refusal: unknown) => void published.push(refusal);
        const subscription = app.app
          .get(AllowedHosts)
          .refusals$.subscribe((refusal) => streamed.push(refusal));
        subscribe(REFUSAL_CHANNEL, listen);
        await app.get('/hello', 'evil.example');
        await app.get('/admin', 'example.com');
        unsubscribe(REFUSAL_CHANNEL, listen);
        subscription.unsubscribe();
        expect(REFUSAL_CHANNEL).toBe('nestjs-allowed-hosts:refusal');
        expect(published).toEqual(streamed);
        expect(streamed).toEqual([
          {
            reason: 'unlisted',
            source: 'Host',
            value: 'evil.example',
            detail: 'it is not in the list',
            remedy:
              'If it is yours, add "evil.example" to hosts; if not, there is nothing to do.',
            method: 'GET',
            url: '/hello',
            remoteAddress: '127.0.0.1',
            userAgent: undefined,
            enforced: true,
          },
          expect.objectContaining({
            reason: 'unlisted',
            value: 'example.com',
            url: '/admin',
          }),
        ]);
      });
    });

    it('refuses also if the logger fails', async () => {
      const app = await start(helloApp(), platform);
      app.log.warn = () => {
        throw new Error('the disk is full');
      };
      expect((await app.get('/hello', 'evil.example')).status).toBe(400);
      expect((await app.get('/hello', 'example.com')).status).toBe(200);
    });

    it.each([403, 404, 421] as const)(
      'refuses with statusCode %d',
      async (statusCode) => {
        const app = await start(helloApp({ statusCode }), platform);
        const response = await app.get('/hello', 'evil.example');
        expect(response.status).toBe(statusCode);
        expect(JSON.parse(response.body)).toMatchObject({ statusCode });
      },
    );

    it('refuses nothing in report mode, and reports the same refusals once', async () => {
      const app = await start(helloApp({ mode: 'report' }), platform);
      const refusals: Refusal[] = [];
      app.app
        .get(AllowedHosts)
        .refusals$.subscribe((refusal) => refusals.push(refusal));
      expect((await app.get('/hello', 'evil.example')).status).toBe(200);
      expect((await app.get('/admin', 'example.com')).status).toBe(200);
      expect(refusals).toEqual([
        expect.objectContaining({ value: 'evil.example', enforced: false }),
        expect.objectContaining({
          value: 'example.com',
          url: '/admin',
          enforced: false,
        }),
      ]);
      expect(app.log.of('warn')[0]).toMatch(
        /^Would refuse Host "evil\.example"/,
      );
    });

    it.each(['enforce', 'report'] as const)(
      'reports a request once, even if gate and guard both refuse it: %s',
      async (mode) => {
        const app = await start(helloApp({ mode }), {
          adapter: () => platform.adapter('loopback'),
        });
        const reported: string[] = [];
        app.app
          .get(AllowedHosts)
          .refusals$.subscribe(({ url = '' }) => reported.push(url));
        const paths = ['/hello?1', '/admin?2', '/health?3'];
        for (const path of paths)
          await app.get(path, 'evil.example', [
            'X-Forwarded-Host: example.com',
          ]);
        for (const path of paths) await app.get(path, 'evil.example');
        expect(reported).toEqual([...paths, ...paths]);
      },
    );

    it('completes refusals$ when the application closes, and logs how many refusals it did not log', async () => {
      const app = await start(helloApp(), platform);
      let completed = false;
      app.app
        .get(AllowedHosts)
        .refusals$.subscribe({ complete: () => (completed = true) });
      for (let i = 0; i < 3; i++) await app.get('/hello', 'evil.example');
      await app.app.close();
      expect(completed).toBe(true);
      expect(app.log.of('warn').at(-1)).toBe(
        'Refused 2 more requests, for hosts logged before or too many to log.',
      );
    });
  });

  describe('of 200,000 different hosts', () => {
    afterAll(stopAll);

    it('need no more heap and few log lines', async () => {
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const [platform] = platforms;
      const app = await start(helloApp(), platform);
      const { Refusals } = await import('../../src/refusals/refusals.js');
      const { AllowedHostsPolicy } =
        await import('../../src/allowed-hosts.policy.js');
      const refusals = app.app.get(Refusals);
      const policy = app.app.get(AllowedHostsPolicy);
      const attack = (from: number, to: number) => {
        for (let i = from; i < to; i++) {
          const value = Buffer.from(
            `host-${i}.${'x'.repeat(50)}.evil.example`,
          ).toString('latin1');
          const request = {
            headers: { host: value },
            rawHeaders: ['Host', value],
            url: '/',
            method: 'GET',
          };
          const verdict = policy.verdictFor(request);
          if (verdict instanceof Promise)
            throw new Error('no predicate is in the list');
          if (refusals.refuse(verdict, request) === undefined)
            throw new Error(`${value} was served`);
        }
      };
      attack(0, 2_000);
      collect();
      const before = process.memoryUsage().heapUsed;
      attack(2_000, 62_000);
      collect();
      const grown = process.memoryUsage().heapUsed - before;
      expect(grown).toBeLessThan(3 * 1024 * 1024);
      expect(app.log.of('warn').length).toBeLessThanOrEqual(101);
    });
  });
});
