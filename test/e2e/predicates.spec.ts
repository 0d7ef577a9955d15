/* oxlint-disable unicorn/no-thenable -- thenables are what is tested */
import 'reflect-metadata';
import { runInNewContext } from 'node:vm';
import { Controller, Get } from '@nestjs/common';
import {
  AllowHosts,
  HostList,
  parseHostHeader,
  type AllowedHostsOptions,
  type HostPattern,
} from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { helloApp } from '../support/hello.js';
import { until } from '../support/until.js';

let failure: unknown;
const failing = (): boolean => {
  throw failure;
};

@Controller()
class RuledController {
  @AllowHosts(failing)
  @Get('ruled')
  ruled() {
    return 'ruled';
  }
}

const appModule = (options: Pick<AllowedHostsOptions, 'hosts'>) =>
  helloApp(options, { controllers: [RuledController] });

const asPattern = (predicate: () => unknown) => predicate as HostPattern;

const about = (app: RunningApp, start: string) =>
  app.log.of('warn').filter((line) => line.startsWith(start));

describe('predicates', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    it('calls predicates with the request, and refuses if one throws, rejects or returns anything but true', async () => {
      const seen: unknown[] = [];
      const hosts: AllowedHostsOptions['hosts'] = [
        /tenant-\d+\.example\.net/g,
        (host, request) => {
          seen.push((request as { headers: object }).headers);
          return host.hostname === 'sync.example';
        },
        async (host) => host.hostname === 'async.example',
        (host) => {
          if (host.hostname === 'throws.example') throw new Error('no');
          return false;
        },
        async (host) => {
          if (host.hostname === 'rejects.example') throw new Error('no');
          return 'yes' as unknown as boolean;
        },
      ];
      const app = await start(helloApp({ hosts }), platform);
      const hostnames = [
        'tenant-1.example.net',
        'tenant-1.example.net',
        'x-tenant-1.example.net',
        'sync.example',
        'async.example',
        'throws.example',
        'rejects.example',
        'other.example',
      ];
      const statuses: number[] = [];
      for (const host of hostnames)
        statuses.push((await app.get('/hello', host)).status);
      expect(statuses).toEqual([200, 200, 400, 200, 200, 400, 400, 400]);
      expect(seen[0]).toMatchObject({ host: 'x-tenant-1.example.net' });
      expect(app.log.of('warn')).toContain(
        'A host predicate failed; the host was refused: no.',
      );
    });

    it('refuses if a predicate throws a value without text, and if the logger fails', async () => {
      const app = await start(
        helloApp({
          hosts: [
            () => {
              throw Object.create(null);
            },
          ],
        }),
        platform,
      );
      expect((await app.get('/hello', 'example.com')).status).toBe(400);
      expect(app.log.of('warn')[0]).toBe(
        'A host predicate failed; the host was refused: threw an object.',
      );
      app.log.warn = () => {
        throw new Error('the disk is full');
      };
      expect((await app.get('/hello', 'example.com')).status).toBe(400);
    });

    it('logs a predicate that fails once, and sums up its repeats', async () => {
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

    it('logs a predicate that fails with another message each time ten times, each line cut', async () => {
      const app = await start(appModule({ hosts: [failing] }), platform);
      for (let i = 0; i < 30; i++) {
        failure = new Error(`${i} ${'\u00fc'.repeat(100_000)}`);
        await app.get('/hello', 'a.example');
      }
      const lines = about(app, 'A host predicate');
      expect(lines).toHaveLength(10);
      for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]{1,1500}$/);
    });

    it('logs a predicate of @AllowHosts that fails', async () => {
      failure = new Error('out of order');
      const app = await start(appModule({ hosts: ['a.example'] }), platform);
      expect((await app.get('/ruled', 'a.example')).status).toBe(400);
      expect(about(app, 'A host predicate')).toEqual([
        'A host predicate failed; the host was refused: out of order.',
      ]);
    });

    it('logs an error whose message cannot be read', async () => {
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

    it('responds 503 while a predicate does not settle, to requests and upgrades, and the application still closes', async () => {
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
      const responses = [await app.get('/hello', 'a.example'), await upgrade];
      for (const { status, headers } of responses)
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
      ['a promise next to one that never settles', () => Promise.resolve(true)],
    ])('allows a host if a predicate returns %s', async (name, predicate) => {
      const hosts = [asPattern(predicate)];
      if (name.includes('next to'))
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
    ])('refuses and logs a thenable whose %s', async (_, given) => {
      const app = await start(
        appModule({ hosts: [asPattern(given)] }),
        platform,
      );
      expect((await app.get('/hello', 'a.example')).status).toBe(400);
      expect(about(app, 'A host predicate')).toEqual([
        'A host predicate failed; the host was refused: no connection.',
      ]);
    });
  });

  it('HostList.allows() ignores promises, and HostList.matches() rejects one that never settles', async () => {
    const list = HostList.from([() => new Promise<boolean>(() => undefined)]);
    expect(list.allows('a.example')).toBe(false);
    const host = parseHostHeader('a.example');
    if (!host.ok) throw new Error(host.detail);
    await expect(list.matches(host)).rejects.toThrow('did not settle');
  });
});
