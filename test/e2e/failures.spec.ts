/* oxlint-disable unicorn/no-thenable -- thenables are what is tested */
import 'reflect-metadata';
import { runInNewContext } from 'node:vm';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BehaviorSubject, NEVER, Observable, startWith, Subject } from 'rxjs';
import {
  AllowedHostsModule,
  type AllowedHostsOptions,
  AllowHosts,
  HostList,
  type HostPattern,
  parseHostHeader,
} from '../../src/index.js';
import { LiveList } from '../../src/dynamic-hosts/live-list.js';
import { platforms, type RunningApp, start, stopAll } from '../harness.js';

let failure: unknown;
const failing = (): boolean => {
  throw failure;
};

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @AllowHosts(failing)
  @Get('ruled')
  ruled() {
    return 'ruled';
  }
}

const appModule = (options: AllowedHostsOptions) => ({
  module: class AppModule {},
  imports: [AllowedHostsModule.forRoot({ addresses: false, ...options })],
  controllers: [AppController],
});

const asPattern = (predicate: () => unknown) => predicate as HostPattern;

const about = (app: RunningApp, start: string) =>
  app.log.of('warn').filter((line) => line.startsWith(start));

async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > limit)
      throw new Error(`Never: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(platforms)('on $name', (platform) => {
  afterEach(stopAll);

  it('a predicate that fails is logged once, and its repeats are summed up', async () => {
    failure = new Error('the disk\nis full');
    const app = await start(appModule({ hosts: [failing] }), platform);
    for (let i = 0; i < 5; i++)
      expect((await app.get('/hello', 'a.example')).status).toBe(400);
    await app.app.close();
    expect(about(app, 'A host predicate')).toEqual([
      'A host predicate failed; the host was refused: the disk\\u000ais full.',
    ]);
    expect(app.log.of('warn')).toContain(
      'Host predicates failed 4 more times, with messages logged before or too many to log.',
    );
  });

  it('a predicate that fails with another message each time is logged ten times, each line cut', async () => {
    const app = await start(appModule({ hosts: [failing] }), platform);
    for (let i = 0; i < 30; i++) {
      failure = new Error(`${i} ${'\u00fc'.repeat(100_000)}`);
      await app.get('/hello', 'a.example');
    }
    const lines = about(app, 'A host predicate');
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{1,1500}$/);
  });

  it('a predicate of @AllowHosts that fails is logged, too', async () => {
    failure = new Error('out of order');
    const app = await start(appModule({ hosts: ['a.example'] }), platform);
    expect((await app.get('/ruled', 'a.example')).status).toBe(400);
    expect(about(app, 'A host predicate')).toEqual([
      'A host predicate failed; the host was refused: out of order.',
    ]);
  });

  it('an error whose message cannot be read is logged all the same', async () => {
    failure = Object.defineProperty({}, 'message', {
      get() {
        throw new Error('unreadable');
      },
    });
    const app = await start(appModule({ hosts: [failing] }), platform);
    expect((await app.get('/hello', 'a.example')).status).toBe(400);
    expect(about(app, 'A host predicate')).toEqual([
      'A host predicate failed; the host was refused: threw an object.',
    ]);
  });

  it('a predicate that never settles gets 503, on a request and on an upgrade, and the application closes', async () => {
    let calls = 0;
    const never = () => {
      calls++;
      return new Promise(() => undefined);
    };
    const hosts = [asPattern(never)];
    const app = await start(appModule({ hosts }), platform);
    app.app.getHttpServer().on('upgrade', () => undefined);
    const upgrade = app.get('/hello', 'a.example', [
      'Connection: Upgrade',
      'Upgrade: websocket',
    ]);
    const answers = [await app.get('/hello', 'a.example'), await upgrade];
    for (const { status, headers } of answers)
      expect([status, headers['retry-after']]).toEqual([503, '1']);
    expect(about(app, 'A host predicate')).toEqual([
      'A host predicate failed; the host was refused: a host predicate did not settle within 1000 ms.',
    ]);
    const before = calls;
    const last = app.get('/hello', 'a.example');
    await until(() => calls > before);
    await app.app.close();
    expect((await last).status).toBe(503);
  });

  it.each([
    ['a promise', () => Promise.resolve(true)],
    [
      'a promise of another realm',
      () => runInNewContext('(async () => true)()'),
    ],
    [
      'an object',
      () => ({ then: (done: (value: boolean) => void) => done(true) }),
    ],
    [
      'a function',
      () =>
        Object.assign(() => undefined, {
          then: (done: (value: boolean) => void) => done(true),
        }),
    ],
    ['a promise beside one that never settles', () => Promise.resolve(true)],
  ])('a predicate may return %s', async (name, predicate) => {
    const hosts = [asPattern(predicate)];
    if (name.includes('beside'))
      hosts.unshift(asPattern(() => new Promise(() => undefined)));
    const app = await start(appModule({ hosts }), platform);
    expect((await app.get('/hello', 'a.example')).status).toBe(200);
    expect(about(app, 'A host predicate')).toEqual([]);
  });

  it.each([
    [
      'then throws',
      () => ({
        then() {
          throw new Error('no connection');
        },
      }),
    ],
    [
      'then rejects',
      () => ({
        then: (_: unknown, fail: (error: Error) => void) =>
          fail(new Error('no connection')),
      }),
    ],
    [
      'then cannot be read',
      () => ({
        get then() {
          throw new Error('no connection');
        },
      }),
    ],
  ])('a thenable whose %s refuses with a line in the log', async (_, given) => {
    const app = await start(appModule({ hosts: [asPattern(given)] }), platform);
    expect((await app.get('/hello', 'a.example')).status).toBe(400);
    expect(about(app, 'A host predicate')).toEqual([
      'A host predicate failed; the host was refused: no connection.',
    ]);
  });

  it('malformed lists are logged with their index, escaped and cut, and no more than ten a minute', async () => {
    const hosts = new BehaviorSubject<string[]>(['one.example']);
    const app = await start(appModule({ hosts }), platform);
    for (let i = 0; i < 500; i++)
      hosts.next(['one.example', `http://${i}\n${'x'.repeat(100_000)}`]);
    expect((await app.get('/hello', 'one.example')).status).toBe(200);
    await app.app.close();
    const lines = about(app, 'The list of hosts stays');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatch(
      /^The list of hosts stays as it was: hosts\[1\] "http:\/\/0\\nx+\.\.\. Waiting for the next one\.$/,
    );
    for (const line of lines) expect(line.length).toBeLessThan(400);
    expect(about(app, 'The stream of hosts')).toEqual([
      'The stream of hosts failed 490 more times, with messages logged before or too many to log.',
    ]);
  });

  it('warnings about lists are bounded, too', async () => {
    const hosts = new BehaviorSubject<string[]>(['one.example']);
    const app = await start(appModule({ hosts }), platform);
    for (let i = 0; i < 50; i++)
      hosts.next(
        Array.from({ length: 50 }, (_, j) => `t${i}-${j}.example:443`),
      );
    expect(app.log.of('warn').length).toBeLessThan(30);
  });

  it.each([
    ['enforce', 'Enforcing allowed hosts: '],
    [
      'report',
      'Report mode: no request is refused. Would enforce allowed hosts: ',
    ],
  ] as const)('the start logs mode and list once: %s', async (mode, line) => {
    const named = async (hosts: AllowedHostsOptions['hosts']) => {
      const app = await start(appModule({ hosts, mode }), platform);
      return app.log.of('log').filter((text) => text.includes('allowed hosts'));
    };
    expect(await named('example.com, .example.org')).toEqual([
      `${line}example.com, .example.org (2 patterns)`,
    ]);
    expect(await named(new BehaviorSubject(['b\u00fccher.example']))).toEqual([
      `${line}b\\u00fccher.example (1 pattern)`,
    ]);
    const many = Array.from({ length: 5000 }, (_, i) => `t${i}.example`);
    expect(await named(many)).toEqual([
      `${line}${many.slice(0, 10).join(', ')}, ... (5000 patterns)`,
    ]);
  });

  it('a start that fails because the module is registered twice leaves no subscription', async () => {
    const hosts = new BehaviorSubject('one.example');
    @Module({ imports: [AllowedHostsModule.forRoot({ hosts: 'two.example' })] })
    class OtherModule {}
    const module = appModule({ hosts });
    await expect(
      NestFactory.create(
        { ...module, imports: [...module.imports, OtherModule] } as never,
        platform.adapter(),
        { logger: false, abortOnError: false },
      ),
    ).rejects.toThrow('more than once');
    await until(() => !hosts.observed);
  });

  it('a close whose hook throws leaves no listener on the process', async () => {
    const before = process.listeners('SIGTERM');
    const foreign = () => undefined;
    process.on('SIGTERM', foreign);
    let closes = 0;
    class Throwing {
      onModuleDestroy() {
        // The clean-up after the test closes again.
        if (closes++ === 0) throw new Error('the pool is gone');
      }
    }
    const app = await start(
      { ...appModule({ hosts: 'a.example' }), providers: [Throwing] },
      platform,
    );
    expect(process.listenerCount('SIGTERM')).toBe(before.length + 2);
    await app.app.close().catch(() => undefined);
    process.off('SIGTERM', foreign);
    expect(process.listeners('SIGTERM')).toEqual(before);
    app.app.getHttpServer().close();
  });
});

it('a stream is unsubscribed from where the start does not come to its end, and again subscribed to where it does', async () => {
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

it('HostList.allows refuses what a predicate promises, and a promise that never settles ends nothing', async () => {
  const list = HostList.from([() => new Promise<boolean>(() => undefined)]);
  expect(list.allows('a.example')).toBe(false);
  const host = parseHostHeader('a.example');
  if (!host.ok) throw new Error(host.detail);
  await expect(list.matches(host)).rejects.toThrow('did not settle');
});

describe('a long list', () => {
  const names = (prefix: string, count = 200_000) =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}.example`);
  const patternsOf = (list: LiveList) => list.current.patterns[0];

  it('is compiled while the event loop turns, and swapped whole', async () => {
    const lists = new Subject<string[]>();
    const hosts = lists.pipe(startWith(['old.example']));
    const list = await LiveList.follow(hosts, { warn: () => undefined });
    const given = names('new');
    lists.next(given);
    given.fill('a*.com'); // the array is not ours to keep
    let turns = 0;
    while (list.current.allows('old.example')) {
      expect(list.current.patterns).toHaveLength(1);
      await new Promise(setImmediate);
      turns++;
    }
    expect(turns).toBeGreaterThan(100);
    expect(list.current.patterns).toHaveLength(200_000);
    expect(list.current.allows('new199999.example')).toBe(true);
    list.close();
  });

  it('is the newest of those that arrived while another was compiled', async () => {
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

  it('compiles no further once the application closes', async () => {
    const lists = new Subject<string[]>();
    const hosts = lists.pipe(startWith(['old.example']));
    const list = await LiveList.follow(hosts, { warn: () => undefined });
    lists.next(names('new'));
    list.close();
    for (let i = 0; i < 1000; i++) await new Promise(setImmediate);
    expect(patternsOf(list)).toBe('old.example');
  });

  it('may be the first, though it is compiled later than the time for the first emission', async () => {
    const hosts = NEVER.pipe(startWith(names('new', 100_000)));
    const list = await LiveList.follow(hosts, {
      warn: () => undefined,
      firstWithinMs: 1,
    });
    expect(list.current.allows('new7.example')).toBe(true);
    list.close();
  });

  it('may have networks', async () => {
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
