import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jest } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BehaviorSubject,
  EMPTY,
  NEVER,
  Observable,
  Subject,
  throwError,
} from 'rxjs';
import {
  AllowedHosts,
  AllowedHostsModule,
  AllowProbes,
  type AllowedHostsOptions,
} from '../../src/index.js';
import { HostLookup } from '../../src/dynamic-hosts/host-lookup.js';
import { resolveLookupOptions } from '../../src/dynamic-hosts/lookup.options.js';
import { LiveList } from '../../src/dynamic-hosts/live-list.js';
import { platforms, start, stopAll } from '../harness.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @AllowProbes()
  @Get('ready')
  ready() {
    return 'ready';
  }
}

const appModule = (options: AllowedHostsOptions) => ({
  module: class AppModule {},
  imports: [AllowedHostsModule.forRoot({ addresses: false, ...options })],
  controllers: [AppController],
});

/** A look-up whose answers are the test's to give. */
function lookupOf(tenants: Set<string>) {
  const asked: string[] = [];
  const state = { broken: false, hold: undefined as Promise<void> | undefined };
  const find = async (hostname: string) => {
    asked.push(hostname);
    await state.hold;
    if (state.broken) throw new Error('the database is gone');
    return tenants.has(hostname);
  };
  return { asked, state, find };
}

describe.each(platforms)('on $name', (platform) => {
  afterEach(stopAll);

  describe('hosts as an Observable', () => {
    it('replaces the list with each emission, and stops listening when the application closes', async () => {
      const hosts = new BehaviorSubject<string | string[]>('one.example');
      const app = await start(appModule({ hosts }), platform);
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      hosts.next(['two.example']);
      expect((await app.get('/hello', 'one.example')).status).toBe(400);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
      expect(app.app.get(AllowedHosts).hosts).toEqual(['two.example']);
      await app.app.close();
      expect(hosts.observed).toBe(false);
    });

    it('keeps the last good list through a malformed one, and says why once', async () => {
      const hosts = new BehaviorSubject<string[]>(['one.example']);
      const app = await start(appModule({ hosts }), platform);
      hosts.next(['http://two.example']);
      hosts.next(['http://two.example']);
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      expect(app.log.of('warn')).toEqual([
        'The list of hosts stays as it was: hosts[0] "http://two.example" has a scheme: write "two.example". Waiting for the next one.',
      ]);
      hosts.next(['two.example']);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
    });

    it('takes what comes right behind the first list', async () => {
      const hosts = new Observable<string>((subscriber) => {
        const late = setTimeout(() => {
          for (const list of ['one.example', 'two.example', 'a*.com'])
            subscriber.next(list);
        });
        return () => clearTimeout(late);
      });
      const app = await start(appModule({ hosts }), platform);
      expect((await app.get('/hello', 'one.example')).status).toBe(400);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
      expect(app.log.of('warn')[0]).toMatch(
        /^The list of hosts stays as it was: hosts\[0\] "a\*\.com"/,
      );
    });

    it('warns of what a later list allows, once', async () => {
      const hosts = new BehaviorSubject<string[]>(['one.example']);
      const app = await start(appModule({ hosts }), platform);
      hosts.next(['*']);
      hosts.next(['*', 'one.example']);
      expect(app.log.of('warn')).toEqual([
        'hosts[0] "*" allows every well-formed host: Host is not validated, and DNS rebinding works. Name your hosts instead.',
      ]);
    });

    it('subscribes again after an error, and keeps the list', async () => {
      const subscriptions: Subject<string[]>[] = [];
      const flaky = new Observable<string[]>((subscriber) => {
        const attempt = new Subject<string[]>();
        subscriptions.push(attempt);
        attempt.subscribe(subscriber);
        if (subscriptions.length === 1) subscriber.next(['one.example']);
      });
      const app = await start(appModule({ hosts: flaky }), platform);
      subscriptions[0]?.error(new Error('the store is gone'));
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      expect(app.log.of('warn')).toEqual([
        'The list of hosts stays as it was: the store is gone. Subscribing again.',
      ]);
      while (subscriptions.length < 2)
        await new Promise((resolve) => setTimeout(resolve, 20));
      subscriptions[1]?.next(['two.example']);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
    });

    it('stops the start where the first list is malformed', async () => {
      const module = appModule({
        hosts: new BehaviorSubject<string[]>(['a*.com']),
      });
      await expect(
        NestFactory.create(module as never, platform.adapter(), {
          logger: false,
          abortOnError: false,
        }),
      ).rejects.toThrow('hosts[0] "a*.com"');
    });
  });

  describe('lookup', () => {
    it('is asked once for a name that no pattern covers, and never for an address or a malformed host', async () => {
      const { asked, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      const answers: number[] = [];
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
        answers.push((await app.get('/hello', host)).status);
      }
      expect(answers).toEqual([200, 200, 200, 400, 400, 400, 400, 400]);
      expect(asked).toEqual(['tenant.example', 'other.example']);
    });

    it('asks one question however many requests wait', async () => {
      const { asked, state, find } = lookupOf(new Set(['tenant.example']));
      let release = () => {};
      state.hold = new Promise((resolve) => (release = resolve));
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      const waiting = Array.from({ length: 20 }, () =>
        app.get('/hello', 'tenant.example'),
      );
      while (asked.length === 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      release();
      expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(
        Array.from({ length: 20 }, () => 200),
      );
      expect(asked).toEqual(['tenant.example']);
    });

    it('answers 503 with Retry-After where asking fails, and serves known names on', async () => {
      const { state, find } = lookupOf(
        new Set(['tenant.example', 'new.example']),
      );
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find, ttlMs: 0 } }),
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
      expect(
        app.log.of('warn').filter((line) => line.startsWith('lookup.find')),
      ).toEqual([
        'lookup.find fails: the database is gone. Known names are still served; unknown names get 503 until it recovers.',
        'lookup.find works again.',
      ]);
    });

    it('answers 503 where asking takes too long, and tells the question to stop', async () => {
      let stopped = false;
      const find = (_hostname: string, { signal }: { signal: AbortSignal }) =>
        new Promise<boolean>(() =>
          signal.addEventListener('abort', () => (stopped = true)),
        );
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find, timeoutMs: 30 } }),
        platform,
      );
      expect((await app.get('/hello', 'slow.example')).status).toBe(503);
      expect(stopped).toBe(true);
    });

    it('holds to its number of questions under a flood of names, which pushes out no tenant', async () => {
      const { asked, state, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        appModule({
          hosts: ['example.com'],
          lookup: { find, max: 50, concurrency: 4 },
        }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      let release = () => {};
      state.hold = new Promise((resolve) => (release = resolve));
      const flood = Array.from({ length: 40 }, (_, i) =>
        app.get('/hello', `random-${i}.example`),
      );
      let answered = 0;
      for (const one of flood) void one.then(() => answered++);
      while (answered < 36)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(asked.length).toBe(1 + 4);
      release();
      const statuses = (await Promise.all(flood)).map(({ status }) => status);
      expect(statuses.filter((status) => status === 400)).toHaveLength(4);
      expect(statuses.filter((status) => status === 503)).toHaveLength(36);
      for (let i = 0; i < 120; i++)
        await app.get('/hello', `more-${i}.example`);
      const before = asked.length;
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      expect(asked.length).toBe(before);
    });

    it('forgets an answer at once', async () => {
      const tenants = new Set(['tenant.example']);
      const { find } = lookupOf(tenants);
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find } }),
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

    it('forgets a name however a pattern may write it', async () => {
      const tenants = new Set(['xn--bcher-kva.example']);
      const { find } = lookupOf(tenants);
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find } }),
        platform,
      );
      const status = async () =>
        (await app.get('/hello', 'xn--bcher-kva.example')).status;
      expect(await status()).toBe(200);
      tenants.clear();
      app.app.get(AllowedHosts).forget(' Bücher.example ');
      expect(await status()).toBe(400);
    });

    it('does not keep the answer to a question that was under way when its name was forgotten', async () => {
      const tenants = new Set(['tenant.example']);
      const { asked, state, find } = lookupOf(tenants);
      let release = () => {};
      state.hold = new Promise((resolve) => (release = resolve));
      const app = await start(
        appModule({
          hosts: ['example.com'],
          lookup: {
            find: async (hostname) => {
              const answer = tenants.has(hostname);
              await find(hostname);
              return answer;
            },
          },
        }),
        platform,
      );
      const before = app.get('/hello', 'tenant.example');
      while (asked.length === 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      tenants.clear();
      app.app.get(AllowedHosts).forget('tenant.example');
      release();
      expect((await before).status).toBe(200);
      expect((await app.get('/hello', 'tenant.example')).status).toBe(400);
    });

    it('asks once for a request, however often its host is judged', async () => {
      const { asked, state, find } = lookupOf(new Set());
      state.broken = true;
      const app = await start(
        appModule({
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
          asked.length = refusals.length = 0;
          const answer = await app.get(path, 'tenant.example', headers);
          expect([answer.status, answer.headers['retry-after']]).toEqual([
            503,
            '1',
          ]);
          expect(asked).toEqual(['tenant.example']);
          expect(refusals).toHaveLength(1);
        }
    });

    it('says that it fails once, whatever each name fails with, and holds to a line or two while it flickers', async () => {
      const { state, find } = lookupOf(new Set());
      const app = await start(
        appModule({
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
    });

    it('tells in the health facts that it fails, and why in the log of the refusal', async () => {
      const { state, find } = lookupOf(new Set());
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find } }),
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

    it('refuses a known name once its answer is older than staleMs', async () => {
      const { state, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        appModule({
          hosts: ['example.com'],
          lookup: { find, ttlMs: 0, staleMs: 0 },
        }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      state.broken = true;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await app.get('/hello', 'tenant.example')).status).toBe(503);
    });

    it('may be a method of a class', async () => {
      class Domains {
        readonly #names = new Set(['tenant.example']);
        find(hostname: string) {
          return this.#names.has(hostname);
        }
      }
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: new Domains() }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      expect((await app.get('/hello', 'shop.example')).status).toBe(400);
    });

    it('lets names that it knew wait for their turn after all is forgotten', async () => {
      const names = Array.from({ length: 20 }, (_, i) => `shop-${i}.example`);
      const { state, find } = lookupOf(new Set(names));
      let most = 0;
      let asking = 0;
      const counted = async (hostname: string) => {
        most = Math.max(most, ++asking);
        try {
          return await find(hostname);
        } finally {
          asking--;
        }
      };
      const app = await start(
        appModule({
          hosts: ['example.com'],
          lookup: { find: counted, concurrency: 4 },
        }),
        platform,
      );
      for (const name of names) await app.get('/hello', name);
      let release = () => {};
      state.hold = new Promise((resolve) => (release = resolve));
      // Strangers have all the places, and keep them although their questions are forgotten.
      const strangers = Array.from({ length: 4 }, (_, i) =>
        app.get('/hello', `random-${i}.example`),
      );
      while (asking < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      app.app.get(AllowedHosts).forget();
      expect((await app.get('/hello', 'random-5.example')).status).toBe(503);
      const ours = names.map((name) => app.get('/hello', name));
      await new Promise((resolve) => setTimeout(resolve, 50));
      release();
      expect(
        (await Promise.all(ours)).filter(({ status }) => status !== 200),
      ).toEqual([]);
      expect(most).toBe(4);
      await Promise.all(strangers);
    });

    it('does not let a name wait longer than a question may take', async () => {
      const { state, find } = lookupOf(new Set(['tenant.example']));
      const app = await start(
        appModule({
          hosts: ['example.com'],
          lookup: { find, concurrency: 1, timeoutMs: 100 },
        }),
        platform,
      );
      await app.get('/hello', 'tenant.example');
      state.hold = new Promise(() => {});
      const stranger = app.get('/hello', 'random.example');
      while (!app.app.get(HostLookup).inFlight)
        await new Promise((resolve) => setTimeout(resolve, 5));
      app.app.get(AllowedHosts).forget('tenant.example');
      expect((await app.get('/hello', 'tenant.example')).status).toBe(503);
      expect((await stranger).status).toBe(503);
    });

    it('serves a stale answer while it asks again', async () => {
      const tenants = new Set(['tenant.example']);
      const { asked, find } = lookupOf(tenants);
      const app = await start(
        appModule({ hosts: ['example.com'], lookup: { find, ttlMs: 0 } }),
        platform,
      );
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 5));
      tenants.clear();
      expect((await app.get('/hello', 'tenant.example')).status).toBe(200);
      while (asked.length < 2)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect((await app.get('/hello', 'tenant.example')).status).toBe(400);
    });
  });
});

describe('a stream that does not give a list', () => {
  const options = {
    warn: () => undefined,
    firstWithinMs: 30,
  };
  it.each([
    ['never', NEVER, 'emitted no list within 30 ms'],
    ['ends', EMPTY, 'ended without a list'],
    [
      'fails',
      throwError(() => new Error('no access')),
      'emitted no list within 30 ms (last: no access)',
    ],
  ] as [string, Observable<string>, string][])(
    '%s: is a clear error',
    async (_, hosts, sentence) => {
      await expect(LiveList.follow(hosts, options)).rejects.toThrow(
        `hosts ${sentence}: let the Observable emit when it is subscribed to, e.g. with startWith().`,
      );
    },
  );

  describe('after its first list', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    it('is asked less and less often while it fails, and says so once', async () => {
      const askedAt: number[] = [];
      const lines: string[] = [];
      const hosts = new Observable<string>((subscriber) => {
        askedAt.push(Date.now());
        subscriber.next('example.com');
        subscriber.error(new Error('gone'));
      });
      const list = await LiveList.follow(hosts, {
        warn: (line) => lines.push(line),
      });
      list.keepFollowing();
      await jest.advanceTimersByTimeAsync(200_000);
      list.close();
      const delays = askedAt.slice(1).map((at, i) => at - (askedAt[i] ?? 0));
      expect(delays).toEqual([
        1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
      ]);
      expect(lines).toEqual([
        'The list of hosts stays as it was: gone. Subscribing again.',
        ...[1, 2, 3, 4].map(() =>
          expect.stringMatching(/^The stream of hosts failed \d more times?, /),
        ),
      ]);
    });
  });
});

it('takes what is undefined for what is not given', () => {
  expect(
    resolveLookupOptions({ find: () => true, ttlMs: undefined } as never),
  ).toMatchObject({ ttlMs: 60_000, max: 10_000 });
});

it('keeps of a header no more than the name', async () => {
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
    // As a parser cuts it out, without a copy.
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
    { find: () => true, max: 0 },
    'lookup.max is 0: write a whole number above 0.',
  ],
] as [unknown, string][])(
  'lookup %j stops the start',
  async (lookup, sentence) => {
    const [platform] = platforms;
    if (!platform) throw new Error('no platform');
    const module = appModule({
      hosts: 'example.com',
      lookup,
    } as unknown as AllowedHostsOptions);
    await expect(
      NestFactory.create(module as never, platform.adapter(), {
        logger: false,
        abortOnError: false,
      }),
    ).rejects.toThrow(sentence);
  },
);
