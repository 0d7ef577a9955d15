import 'reflect-metadata';
import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import {
  BehaviorSubject,
  EMPTY,
  NEVER,
  Observable,
  startWith,
  Subject,
  throwError,
} from 'rxjs';
import { LiveList } from '../../src/dynamic-hosts/live-list.js';
import { AllowedHosts } from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { useFakeTimeouts } from '../support/fake-timeouts.js';
import { helloApp } from '../support/hello.js';
import { until } from '../support/until.js';

/** The warnings that start with a text. */
const warnings = (app: RunningApp, start: string) =>
  app.log.of('warn').filter((line) => line.startsWith(start));

describe('hosts as an Observable', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    it('replaces the list with each emission, and unsubscribes when the application closes', async () => {
      const hosts = new BehaviorSubject<string | string[]>('one.example');
      const app = await start(helloApp({ hosts }), platform);
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      hosts.next(['two.example']);
      expect((await app.get('/hello', 'one.example')).status).toBe(400);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
      expect(app.app.get(AllowedHosts).hosts).toEqual(['two.example']);
      await app.app.close();
      expect(hosts.observed).toBe(false);
    });

    it('keeps the last valid list when a malformed one arrives, and logs why once', async () => {
      const hosts = new BehaviorSubject<string[]>(['one.example']);
      const app = await start(helloApp({ hosts }), platform);
      hosts.next(['http://two.example']);
      hosts.next(['http://two.example']);
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      expect(app.log.of('warn')).toEqual([
        'The list of hosts stays as it was: hosts[0] "http://two.example" has a scheme: write "two.example". Waiting for the next one.',
      ]);
      hosts.next(['two.example']);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
    });

    it('applies what is emitted directly after the first list', async () => {
      const hosts = new Observable<string>((subscriber) => {
        const late = setTimeout(() => {
          for (const list of ['one.example', 'two.example', 'a*.com'])
            subscriber.next(list);
        });
        return () => clearTimeout(late);
      });
      const app = await start(helloApp({ hosts }), platform);
      expect((await app.get('/hello', 'one.example')).status).toBe(400);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
      expect(app.log.of('warn')[0]).toMatch(
        /^The list of hosts stays as it was: hosts\[0\] "a\*\.com"/,
      );
    });

    it('warns once of what the first list allows', async () => {
      const hosts = new BehaviorSubject<string[]>(['*']);
      const app = await start(helloApp({ hosts }), platform);
      await app.app.close();
      expect(app.log.of('warn')).toEqual([
        expect.stringMatching(/^hosts\[0\] "\*" allows every/),
      ]);
    });

    it('warns once of what a later list allows', async () => {
      const hosts = new BehaviorSubject<string[]>(['one.example']);
      const app = await start(helloApp({ hosts }), platform);
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
      const app = await start(helloApp({ hosts: flaky }), platform);
      subscriptions[0]?.error(new Error('the store is gone'));
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      expect(app.log.of('warn')).toEqual([
        'The list of hosts stays as it was: the store is gone. Subscribing again.',
      ]);
      await until(() => subscriptions.length === 2);
      subscriptions[1]?.next(['two.example']);
      expect((await app.get('/hello', 'two.example')).status).toBe(200);
    });

    it('stops the start if the first list is malformed', async () => {
      const module = helloApp({
        hosts: new BehaviorSubject<string[]>(['a*.com']),
      });
      await expect(
        NestFactory.create(module as never, platform.adapter(), {
          logger: false,
          abortOnError: false,
        }),
      ).rejects.toThrow('hosts[0] "a*.com"');
    });

    it('logs malformed lists with their index, escaped and cut, and no more than ten a minute', async () => {
      const hosts = new BehaviorSubject<string[]>(['one.example']);
      const app = await start(helloApp({ hosts }), platform);
      for (let i = 0; i < 500; i++)
        hosts.next(['one.example', `http://${i}\n${'x'.repeat(30_000)}`]);
      expect((await app.get('/hello', 'one.example')).status).toBe(200);
      await app.app.close();
      const lines = warnings(app, 'The list of hosts stays');
      expect(lines).toHaveLength(10);
      expect(lines[0]).toMatch(
        /^The list of hosts stays as it was: hosts\[1\] "http:\/\/0\\nx+\.\.\. Waiting for the next one\.$/,
      );
      for (const line of lines) expect(line.length).toBeLessThan(400);
      expect(warnings(app, 'The stream of hosts')).toEqual([
        'The stream of hosts failed 490 more times, with messages logged before or too many to log.',
      ]);
    });

    it('logs a bounded number of warnings about lists', async () => {
      const hosts = new BehaviorSubject<string[]>(['one.example']);
      const app = await start(helloApp({ hosts }), platform);
      for (let i = 0; i < 50; i++)
        hosts.next(
          Array.from({ length: 50 }, (_, j) => `t${i}-${j}.example:443`),
        );
      await app.app.close();
      const lines = app.log.of('warn');
      expect(lines).toHaveLength(21);
      expect([lines[9], lines[10], lines[20]]).toEqual([
        expect.stringMatching(/^hosts\[9\] "t0-9\.example:443"/),
        '40 more patterns in hosts have a warning.',
        '530 more warnings about hosts, logged before or too many to log.',
      ]);
    });

    it('logs ten warnings about a list, and the number of those that it logged before', async () => {
      const ten = Array.from({ length: 10 }, (_, i) => `t${i}.example:443`);
      const hosts = new BehaviorSubject<string[]>(ten);
      const app = await start(helloApp({ hosts }), platform);
      hosts.next(ten.slice(0, 1));
      await app.app.close();
      const lines = app.log.of('warn');
      expect(lines).toHaveLength(11);
      expect(lines[10]).toBe(
        '1 more warning about hosts, logged before or too many to log.',
      );
    });
  });

  it('unsubscribes if the start does not finish, and subscribes again if it does', async () => {
    const hosts = new BehaviorSubject('one.example');
    const warn = () => undefined;
    const list = await LiveList.follow(hosts, { warn, startWithinMs: 20 });
    expect(hosts.observed).toBe(true);
    await until(() => !hosts.observed);
    hosts.next('two.example');
    list.keepFollowing();
    expect(list.current.patterns).toEqual(['two.example']);
    list.close();
    expect(hosts.observed).toBe(false);
  });

  it('knows when its list changed', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(1000);
    const hosts = new BehaviorSubject('one.example');
    const list = await LiveList.follow(hosts, { warn: () => undefined });
    expect(list.changedAt).toBe(1000);
    clock.mockReturnValue(2000);
    hosts.next('two.example');
    expect(list.changedAt).toBe(2000);
    clock.mockRestore();
    list.close();
  });

  describe('an Observable without a list', () => {
    const options = {
      warn: () => undefined,
      firstWithinMs: 30,
    };
    it.each([
      ['never emits', NEVER, 'emitted no list within 30 ms'],
      ['ends', EMPTY, 'ended without a list'],
      [
        'fails',
        throwError(() => new Error('no access')),
        'emitted no list within 30 ms (last: no access)',
      ],
    ] as [string, Observable<string>, string][])(
      'stops the start with an error if it %s',
      async (_, hosts, sentence) => {
        await expect(LiveList.follow(hosts, options)).rejects.toThrow(
          `hosts ${sentence}: let the Observable emit when it is subscribed to, e.g. with startWith().`,
        );
      },
    );

    it('logs its error', async () => {
      const lines: string[] = [];
      const hosts = throwError(() => new Error('no access'));
      const warn = (line: string) => lines.push(line);
      await LiveList.follow(hosts, { warn, firstWithinMs: 30 }).catch(
        () => undefined,
      );
      expect(lines[0]).toBe(
        'There is no list of hosts yet: no access. Subscribing again.',
      );
    });

    describe('after its first list', () => {
      beforeEach(() => void jest.useFakeTimers());
      afterEach(() => void jest.useRealTimers());

      it('is subscribed to less and less often while it fails, and logs this once', async () => {
        const subscribedAt: number[] = [];
        const lines: string[] = [];
        const hosts = new Observable<string>((subscriber) => {
          subscribedAt.push(Date.now());
          subscriber.next('example.com');
          subscriber.error(new Error('gone'));
        });
        const list = await LiveList.follow(hosts, {
          warn: (line) => lines.push(line),
        });
        list.keepFollowing();
        // The second subscription, and the end of the minute of the log.
        expect(jest.getTimerCount()).toBe(2);
        await jest.advanceTimersByTimeAsync(200_000);
        list.close();
        const delays = subscribedAt
          .slice(1)
          .map((at, i) => at - (subscribedAt[i] ?? 0));
        expect(delays).toEqual([
          1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
        ]);
        expect(lines).toEqual([
          'The list of hosts stays as it was: gone. Subscribing again.',
          ...[1, 2, 3, 4].map(() =>
            expect.stringMatching(
              /^The stream of hosts failed \d more times?, /,
            ),
          ),
        ]);
      });

      it('is subscribed to again after a second if it has worked for a minute', async () => {
        const subscribedAt: number[] = [];
        const hosts = new Observable<string>((subscriber) => {
          subscribedAt.push(Date.now());
          subscriber.next('example.com');
          const fail = () => subscriber.error(new Error('gone'));
          if (subscribedAt.length !== 3) return fail();
          const end = setTimeout(fail, 60_000);
          return () => clearTimeout(end);
        });
        const list = await LiveList.follow(hosts, { warn: () => undefined });
        list.keepFollowing();
        await jest.advanceTimersByTimeAsync(64_000);
        list.close();
        const delays = subscribedAt
          .slice(1)
          .map((at, i) => at - (subscribedAt[i] ?? 0));
        expect(delays).toEqual([1000, 2000, 61_000]);
      });
    });
  });

  describe('a long list', () => {
    const names = (prefix: string, count = 30_000) =>
      Array.from({ length: count }, (_, i) => `${prefix}${i}.example`);
    const patternsOf = (list: LiveList) => list.current.patterns[0];

    it('is compiled while the event loop runs, and replaces the old list whole', async () => {
      const lists = new Subject<string[]>();
      const hosts = lists.pipe(startWith(['old.example']));
      const list = await LiveList.follow(hosts, { warn: () => undefined });
      const given = names('new');
      lists.next(given);
      given.fill('a*.com'); // the caller may reuse its array
      let turns = 0;
      while (list.current.allows('old.example')) {
        expect(list.current.patterns).toHaveLength(1);
        await new Promise(setImmediate);
        turns++;
      }
      expect(turns).toBeGreaterThan(30);
      expect(list.current.patterns).toHaveLength(30_000);
      expect(list.current.allows('new29999.example')).toBe(true);
      list.close();
    });

    it('is the newest of those that arrived while another one was compiled', async () => {
      const lists = new Subject<string[]>();
      const seen = new Set<string | undefined>();
      const hosts = lists.pipe(startWith(['old.example']));
      const list = await LiveList.follow(hosts, { warn: () => undefined });
      for (let i = 0; i < 20; i++) lists.next(names(`list${i}-`, 20_000));
      await until(() => {
        seen.add(patternsOf(list));
        return patternsOf(list) === 'list19-0.example';
      });
      expect([...seen]).toEqual([
        'old.example',
        'list0-0.example',
        'list19-0.example',
      ]);
      list.close();
    });

    it.each([
      ['a second', 0, 1000],
      ['as long as compiling took', 5000, 5000],
    ])(
      'is compiled after a pause of %s',
      async (_, compilingTakesMs, pauseMs) => {
        useFakeTimeouts();
        const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
        const turns = async () => {
          for (let i = 0; i < 200; i++) await new Promise(setImmediate);
        };
        try {
          const lists = new Subject<string[]>();
          const hosts = lists.pipe(startWith(['old.example']));
          const list = await LiveList.follow(hosts, { warn: () => undefined });
          lists.next(names('one'));
          clock.mockReturnValue(compilingTakesMs);
          lists.next(names('two'));
          await turns();
          jest.advanceTimersByTime(pauseMs - 1);
          await turns();
          expect(patternsOf(list)).toBe('one0.example');
          jest.advanceTimersByTime(1);
          await turns();
          expect(patternsOf(list)).toBe('two0.example');
          list.close();
        } finally {
          jest.restoreAllMocks();
          jest.useRealTimers();
        }
      },
    );

    it('is skipped and logged if a pattern far back in it is malformed', async () => {
      const lists = new Subject<string[]>();
      const lines: string[] = [];
      const list = await LiveList.follow(
        lists.pipe(startWith(['old.example'])),
        { warn: (line) => lines.push(line) },
      );
      lists.next([...names('new'), 'a*.com']);
      await until(() => lines.length > 0);
      expect(lines).toEqual([
        expect.stringMatching(
          /^The list of hosts stays as it was: hosts\[30000\] "a\*\.com" .* Waiting for the next one\.$/,
        ),
      ]);
      expect(patternsOf(list)).toBe('old.example');
      list.close();
    });

    it('is not compiled further once the application closes', async () => {
      const lists = new Subject<string[]>();
      const hosts = lists.pipe(startWith(['old.example']));
      const list = await LiveList.follow(hosts, { warn: () => undefined });
      lists.next(names('new'));
      list.close();
      for (let i = 0; i < 1000; i++) await new Promise(setImmediate);
      expect(patternsOf(list)).toBe('old.example');
    });

    it('may be the first, even if compiling it takes longer than the time for the first emission', async () => {
      for (const end of [NEVER, EMPTY]) {
        const hosts = end.pipe(startWith(names('new')));
        const list = await LiveList.follow(hosts, {
          warn: () => undefined,
          firstWithinMs: 1,
        });
        expect(list.current.allows('new7.example')).toBe(true);
        list.close();
      }
    });

    it('may contain addresses', async () => {
      const networks = Array.from(
        { length: 20_000 },
        (_, i) =>
          `10.${((i * 7919) >> 16) & 255}.${((i * 7919) >> 8) & 255}.${(i * 7919) & 255}`,
      );
      const list = await LiveList.follow(
        new Observable((subscriber) => subscriber.next([...networks, '::1'])),
        { warn: () => undefined },
      );
      for (const network of networks)
        if (!list.current.allows(network)) throw new Error(network);
      expect(list.current.allows('[::1]')).toBe(true);
      expect(list.current.allows('11.0.0.1')).toBe(false);
      list.close();
    });
  });
});
