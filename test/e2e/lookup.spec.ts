import 'reflect-metadata';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { HostLookup } from '../../src/dynamic-hosts/host-lookup.js';
import { resolveLookupOptions } from '../../src/dynamic-hosts/lookup.options.js';
import { AllowedHosts, type LookupOptions } from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { helloApp } from '../support/hello.js';
import { lookupOf } from '../support/lookup.js';
import { until } from '../support/until.js';

describe('lookup', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    it('calls find once for a name that no pattern covers, and never for an address or a malformed host', async () => {
      const { calls, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      const statuses: number[] = [];
      for (const host of [
        'example.com',
        'Tenant.EXAMPLE.:8080',
        'tenant.example',
        'other.example',
        'other.example',
        '10.0.0.1',
        '[::1]',
        'a@b',
      ]) {
        statuses.push((await app.get('/hello', host)).status);
      }
      expect(statuses).toEqual([200, 200, 200, 400, 400, 400, 400, 400]);
      expect(calls).toEqual(['tenant.example', 'other.example']);
    });

    it('calls find once however many requests wait', async () => {
      const { calls, state, find } = lookupOf(new Set(['tenant.example']));
      const hold = deferred();
      state.hold = hold.promise;
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, timeoutMs: 60_000 },
        }),
        platform,
      );
      const waiting = Array.from({ length: 20 }, () =>
        app.get('/hello', 'tenant.example'),
      );
      await until(() => calls.length > 0);
      hold.resolve();
      expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(
        Array.from({ length: 20 }, () => 200),
      );
      expect(calls).toEqual(['tenant.example']);
    });

    it('responds 503 with Retry-After while find fails, and still serves known names', async () => {
      const { state, find } = lookupOf(
        new Set(['tenant.example', 'new.example']),
      );
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find, ttlMs: 0 } }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      state.broken = true;
      const unknown = await app.get('/hello', 'new.example');
      expect([unknown.status, unknown.headers['retry-after']]).toEqual([
        503,
        '1',
      ]);
      expect(JSON.parse(unknown.body)).toEqual({
        statusCode: 503,
        message: 'Host cannot be checked',
        error: 'Service Unavailable',
      });
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      expect((await app.get('/hello', 'example.com')).status).toBe(200);
      state.broken = false;
      expect((await app.get('/hello', 'new.example')).status).toBe(200);
      await app.app.close();
      expect(
        app.log.of('warn').filter((line) => line.startsWith('lookup.find')),
      ).toEqual([
        'lookup.find fails: the database is gone. Known names are still served; unknown names get 503 until it recovers.',
        'lookup.find works again.',
        'lookup.find failed 1 more time.',
      ]);
    });

    it('responds 503 if find takes too long, and aborts its signal', async () => {
      let stopped = false;
      const find = (_hostname: string, { signal }: { signal: AbortSignal }) =>
        new Promise<boolean>(() =>
          signal.addEventListener('abort', () => (stopped = true)),
        );
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find, timeoutMs: 30 } }),
        platform,
      );
      expect((await app.get('/hello', 'slow.example')).status).toBe(503);
      expect(stopped).toBe(true);
      expect(app.log.of('warn')).toContain(
        'lookup.find fails: timed out after 30 ms. Known names are still served; unknown names get 503 until it recovers.',
      );
    });

    it('runs no more calls at once than concurrency allows under a flood of names, and evicts no tenant', async () => {
      const { calls, state, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, max: 50, concurrency: 4, timeoutMs: 60_000 },
        }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      const hold = deferred();
      state.hold = hold.promise;
      const flood = Array.from({ length: 40 }, (_, i) =>
        app.get('/hello', `random-${i}.example`),
      );
      let responses = 0;
      for (const one of flood) void one.then(() => responses++);
      await until(() => responses === 36);
      expect(calls.length).toBe(1 + 4);
      hold.resolve();
      const statuses = (await Promise.all(flood)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 400)).toHaveLength(4);
      expect(statuses.filter((status) => status === 503)).toHaveLength(36);
      for (let i = 0; i < 120; i++)
        await app.get('/hello', `more-${i}.example`);
      const before = calls.length;
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      expect(calls.length).toBe(before);
    });

    it('forgets a result at once', async () => {
      const tenants = new Set(['tenant.example']);
      const { find } = lookupOf(tenants);
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      const status = async () =>
        (await app.get('/hello', 'tenant.example')).status;
      expect(await status()).toBe(200);
      tenants.clear();
      expect(await status()).toBe(200);
      app.app.get(AllowedHosts).forget('Tenant.example');
      expect(await status()).toBe(400);
      tenants.add('tenant.example');
      app.app.get(AllowedHosts).forget();
      expect(await status()).toBe(200);
    });

    it('forgets a result for good if it forgets one name and then all', async () => {
      const tenants = new Set(['tenant.example']);
      const { find } = lookupOf(tenants);
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      await app.get('/hello', 'tenant.example');
      tenants.clear();
      app.app.get(AllowedHosts).forget('tenant.example');
      app.app.get(AllowedHosts).forget();
      expect((await app.get('/hello', 'tenant.example')).status).toBe(400);
    });

    it('forgets no other name than the given one', async () => {
      const { calls, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find, max: 1 } }),
        platform,
      );
      await app.get('/hello', 'tenant.example');
      app.app.get(AllowedHosts).forget('other.example');
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      expect(calls).toEqual(['tenant.example']);
    });

    it('forgets a name however a pattern may write it', async () => {
      const tenants = new Set(['xn--bcher-kva.example']);
      const { find } = lookupOf(tenants);
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      const status = async () =>
        (await app.get('/hello', 'xn--bcher-kva.example')).status;
      expect(await status()).toBe(200);
      tenants.clear();
      app.app.get(AllowedHosts).forget(' Bücher.example ');
      expect(await status()).toBe(400);
    });

    it('does not keep the result of a call that was running when its name was forgotten', async () => {
      const tenants = new Set(['tenant.example']);
      const { calls, state, find } = lookupOf(tenants);
      const hold = deferred();
      state.hold = hold.promise;
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: {
            timeoutMs: 60_000,
            find: async (hostname) => {
              const found = tenants.has(hostname);
              await find(hostname);
              return found;
            },
          },
        }),
        platform,
      );
      const before = app.get('/hello', 'tenant.example');
      await until(() => calls.length > 0);
      tenants.clear();
      app.app.get(AllowedHosts).forget('tenant.example');
      hold.resolve();
      expect((await before).status).toBe(200);
      expect((await app.get('/hello', 'tenant.example')).status).toBe(400);
    });

    it('calls find once for a forgotten name, also when the call before it fails', async () => {
      const results: Deferred<boolean>[] = [];
      const find = () => {
        const result = deferred<boolean>();
        results.push(result);
        return result.promise;
      };
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, timeoutMs: 60_000 },
        }),
        platform,
      );
      const status = async () =>
        (await app.get('/hello', 'tenant.example')).status;
      const before = status();
      await until(() => results.length === 1);
      app.app.get(AllowedHosts).forget('tenant.example');
      const after = status();
      await until(() => results.length === 2);
      results[0]?.reject(new Error('the database is gone'));
      expect(await before).toBe(503);
      const [last] = await begun([status]);
      results[1]?.resolve(true);
      expect([await after, await last, results.length]).toEqual([200, 200, 2]);
    });

    it('calls find once for a request, however often its host is checked', async () => {
      const { calls, state, find } = lookupOf(new Set());
      state.broken = true;
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, negativeTtlMs: 0 },
        }),
        { adapter: () => platform.adapter('loopback') },
      );
      const refusals: unknown[] = [];
      app.app
        .get(AllowedHosts)
        .refusals$.subscribe((refusal) => refusals.push(refusal));
      for (const path of ['/hello', '/ready', '/health'])
        for (const headers of [[], ['X-Forwarded-Host: example.com']]) {
          calls.length = refusals.length = 0;
          const response = await app.get(path, 'tenant.example', headers);
          expect([response.status, response.headers['retry-after']]).toEqual([
            503,
            '1',
          ]);
          expect(calls).toEqual(['tenant.example']);
          expect(refusals).toHaveLength(1);
        }
    });

    it('logs that find fails once, whatever the messages, and logs few lines while it flickers', async () => {
      const { state, find } = lookupOf(new Set());
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: {
            find: async (hostname) => {
              if (state.broken)
                throw new Error(`queryTxt ESERVFAIL ${hostname}`);
              return find(hostname);
            },
          },
        }),
        platform,
      );
      for (let i = 0; i < 30; i++) {
        state.broken = i % 3 !== 0;
        await app.get('/hello', `tenant-${i}.example`);
      }
      expect(
        app.log.of('warn').filter((line) => line.startsWith('lookup.find')),
      ).toEqual([
        'lookup.find fails: queryTxt ESERVFAIL tenant-1.example. Known names are still served; unknown names get 503 until it recovers.',
        'lookup.find works again.',
      ]);
      await app.app.close();
      expect(app.log.of('warn').at(-1)).toBe(
        'lookup.find failed 19 more times.',
      );
    });

    it('reports in the health details that find fails, and the reason in the log line of the refusal', async () => {
      const { state, find } = lookupOf(new Set());
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find },
          health: { details: true },
        }),
        platform,
      );
      const failing = async () => {
        const { body } = await app.get('/health', '10.0.0.1');
        const health = JSON.parse(body) as {
          info: { allowedHosts: { lookupFailing: boolean } };
        };
        return health.info.allowedHosts.lookupFailing;
      };
      expect(await failing()).toBe(false);
      state.broken = true;
      await app.get('/hello', 'tenant.example');
      expect(await failing()).toBe(true);
      state.broken = false;
      await app.get('/hello', 'shop.example');
      expect(await failing()).toBe(false);
      expect(
        app.log.of('warn').filter((line) => line.startsWith('Refused')),
      ).toEqual([
        'Refused Host "tenant.example" on GET /hello from 127.0.0.1: it could not be checked: lookup.find failed or took too long.',
        'Refused Host "shop.example" on GET /hello from 127.0.0.1: it is not in the list. If it is yours, add "shop.example" to hosts, or to the names that lookup.find allows; if not, there is nothing to do.',
      ]);
    });

    it('responds 503 for a known name whose result is older than staleMs', async () => {
      const { state, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, ttlMs: 0, staleMs: 0 },
        }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      state.broken = true;
      await until(
        async () => (await app.get('/hello', 'tenant.example')).status === 503,
      );
      expect(app.log.of('warn').join()).toContain('lookup.find fails');
    });

    it('accepts an object of a class', async () => {
      class Domains {
        readonly #names = new Set(['tenant.example']);
        find(hostname: string) {
          return this.#names.has(hostname);
        }
      }
      const app = await start(
        helloApp({ hosts: ['example.com'], lookup: new Domains() }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      expect((await app.get('/hello', 'shop.example')).status).toBe(400);
    });

    it('lets known names wait for a free call after everything is forgotten', async () => {
      const names = Array.from({ length: 20 }, (_, i) => `shop-${i}.example`);
      const { state, find } = lookupOf(new Set(names));
      let most = 0;
      let running = 0;
      const counted = async (hostname: string) => {
        most = Math.max(most, ++running);
        try {
          return await find(hostname);
        } finally {
          running--;
        }
      };
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find: counted, concurrency: 4, timeoutMs: 60_000 },
        }),
        platform,
      );
      for (const name of names) await app.get('/hello', name);
      const hold = deferred();
      state.hold = hold.promise;
      // Unknown names hold all calls, also after their results are forgotten.
      const strangers = Array.from({ length: 4 }, (_, i) =>
        app.get('/hello', `random-${i}.example`),
      );
      await until(() => running === 4);
      app.app.get(AllowedHosts).forget();
      expect((await app.get('/hello', 'random-5.example')).status).toBe(503);
      const known = await begun(
        names.map((name) => () => app.get('/hello', name)),
      );
      hold.resolve();
      expect(
        (await Promise.all(known)).filter(({ status }) => status !== 200),
      ).toEqual([]);
      expect(most).toBe(4);
      await Promise.all(strangers);
    });

    it('lets a known name wait no longer than timeoutMs', async () => {
      const names = ['one.example', 'two.example'];
      const { calls, state, find } = lookupOf(new Set(names));
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, concurrency: 1, timeoutMs: 2000 },
        }),
        platform,
      );
      for (const name of names) await app.get('/hello', name);
      const hold = deferred();
      state.hold = hold.promise;
      const stranger = app.get('/hello', 'random.example');
      await until(() => calls.length === 3);
      app.app.get(AllowedHosts).forget();
      const known = await begun(
        names.map((name) => () => app.get('/hello', name)),
      );
      // One of the names gets the slot of the stranger. Its call begins after the wait of the other and ends after it.
      state.hold = deferred().promise;
      hold.resolve();
      const responses = await Promise.all([stranger, ...known]);
      expect(responses.map(({ status }) => status)).toEqual([400, 503, 503]);
      expect(calls).toHaveLength(4);
      const waited = calls[3] === 'one.example' ? 'two.example' : 'one.example';
      expect(app.log.of('warn')).toContain(
        `Refused Host "${waited}" on GET /hello from 127.0.0.1: it could not be checked: too many names are being looked up at once.`,
      );
    });

    it('serves a stale result while it calls find again', async () => {
      const tenants = new Set(['tenant.example']);
      const { calls, state, find } = lookupOf(tenants);
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, ttlMs: 0, timeoutMs: 60_000 },
        }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      tenants.clear();
      const hold = deferred();
      state.hold = hold.promise;
      const status = async () =>
        (await app.get('/hello', 'tenant.example')).status;
      await until(async () => {
        expect(await status()).toBe(200);
        return calls.length === 2;
      });
      hold.resolve();
      await until(async () => (await status()) === 400);
    });

    it('calls find again for a stale result as soon as a call is free', async () => {
      const { calls, state, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        helloApp({
          hosts: ['example.com'],
          lookup: { find, ttlMs: 0, concurrency: 1, timeoutMs: 60_000 },
        }),
        platform,
      );
      await app.get('/hello', 'tenant.example');
      const hold = deferred();
      state.hold = hold.promise;
      const stranger = app.get('/hello', 'random.example');
      await until(() => calls.length === 2);
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      hold.resolve();
      expect((await stranger).status).toBe(400);
      await until(() => calls.length === 3);
      expect(calls[2]).toBe('tenant.example');
    });

    describe('on a clock that the test sets', () => {
      let now = 0;
      beforeEach(() => {
        now = performance.now();
        jest.spyOn(performance, 'now').mockImplementation(() => now);
      });
      afterEach(() => {
        jest.restoreAllMocks();
      });

      it('keeps a negative result for negativeTtlMs', async () => {
        const tenants = new Set<string>();
        const { calls, find } = lookupOf(tenants);
        const app = await start(
          helloApp({
            hosts: ['example.com'],
            lookup: { find, negativeTtlMs: 100 },
          }),
          platform,
        );
        const status = async () =>
          (await app.get('/hello', 'tenant.example')).status;
        expect(await status()).toBe(400);
        tenants.add('tenant.example');
        now += 99;
        expect(await status()).toBe(400);
        expect(calls).toHaveLength(1);
        now += 1;
        expect(await status()).toBe(200);
      });

      it('serves a result for ttlMs, and for staleMs more while find fails', async () => {
        const { calls, state, find } = lookupOf(new Set(['tenant.example']));
        const app = await start(
          helloApp({
            hosts: ['example.com'],
            lookup: { find, ttlMs: 100, staleMs: 50 },
          }),
          platform,
        );
        const status = async () =>
          (await app.get('/hello', 'tenant.example')).status;
        expect(await status()).toBe(200);
        state.broken = true;
        now += 99;
        expect(await status()).toBe(200);
        expect(calls).toHaveLength(1);
        now += 1;
        expect(await status()).toBe(200);
        await until(() => calls.length === 2);
        now += 49;
        expect(await status()).toBe(200);
        now += 1;
        expect(await status()).toBe(503);
      });
    });
  });

  it('takes an undefined option as not given', () => {
    expect(
      resolveLookupOptions({ find: () => true, ttlMs: undefined } as never),
    ).toMatchObject({ ttlMs: 60_000, max: 10_000 });
  });

  it('keeps no more of a header than the name', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const lookup = new HostLookup(
      resolveLookupOptions({ find: () => false }),
      () => undefined,
    );
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 2_000; i++) {
      const header = Buffer.from(`${'x'.repeat(15_000)}, tenant-${i}.example`);
      // A parser cuts it out like this, without a copy.
      await lookup.allows(header.toString('latin1').slice(15_002));
    }
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    expect(grown).toBeLessThan(5 * 1024 * 1024);
  });

  it.each([
    [
      { find: 'x' },
      'lookup.find is not a function: write find: async (hostname) => domains.has(hostname).',
    ],
    [
      { find: () => true, ttl: 1 },
      'lookup has no option "ttl": did you mean "ttlMs"?',
    ],
    [
      { find: () => true, ttlMs: -1 },
      'lookup.ttlMs is -1: write a whole number of milliseconds from 0 to 2147483647.',
    ],
    [
      { find: () => true, timeoutMs: 0 },
      'lookup.timeoutMs is 0: write a whole number of milliseconds from 1 to 2147483647.',
    ],
    [
      { find: () => true, max: 0 },
      'lookup.max is 0: write a whole number above 0.',
    ],
    [
      { find: () => true, max: Infinity },
      'lookup.max is Infinity: write a whole number above 0.',
    ],
  ] as [unknown, string][])(
    'stops the start with options %j',
    async (lookup, sentence) => {
      const [platform] = platforms;
      const module = helloApp({ lookup: lookup as LookupOptions });
      await expect(
        NestFactory.create(module as never, platform.adapter(), {
          logger: false,
          abortOnError: false,
        }),
      ).rejects.toThrow(sentence);
    },
  );
});

/** Sends requests, and waits until the server has begun each of them. */
async function begun<T>(sends: (() => Promise<T>)[]): Promise<Promise<T>[]> {
  let count = 0;
  const onStart = () => count++;
  subscribe('http.server.request.start', onStart);
  const responses = sends.map((send) => send());
  await until(() => count === sends.length);
  unsubscribe('http.server.request.start', onStart);
  return responses;
}
