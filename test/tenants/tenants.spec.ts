import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { compile } from '../support/compile.js';
import { Redis, Tenants } from '../support/processes.mjs';
import { until } from '../support/until.js';

const atHand = spawnSync('redis-server', ['--version']).status === 0;
if (!atHand)
  process.stderr.write(
    'Skipped: sample/tenants on a real store needs redis-server.\n',
  );

describe('sample/tenants', () => {
  const directory = compile(['sample/tenants']);
  const main = join(directory, 'sample/tenants/main.js');
  const running: Tenants[] = [];

  async function start(env: Record<string, string> = {}): Promise<Tenants> {
    const tenants = await Tenants.start(main, env);
    running.push(tenants);
    return tenants;
  }

  /** Sends one request to each at the same time. */
  const statuses = (fleet: readonly Tenants[], host: string) =>
    Promise.all(fleet.map((tenants) => tenants.status(host)));

  const everywhere = (statuses: readonly number[], expected: number) =>
    statuses.every((status) => status === expected);

  afterEach(async () => {
    const codes = await Promise.all(
      running.splice(0).map((tenants) => tenants.stop()),
    );
    // The signal ends each process, and nothing before it does.
    expect(codes).toEqual(codes.map(() => null));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  describe.each([
    ['without REDIS_URL', {}, 'REDIS_URL is not set'],
    [
      'where Redis does not answer',
      { REDIS_URL: 'redis://127.0.0.1:1' },
      'Redis at REDIS_URL does not answer (Error: connect ECONNREFUSED 127.0.0.1:1)',
    ],
  ])('%s', (_, env, reason) => {
    it('keeps domains in memory and logs this once', async () => {
      const tenants = await start(env);
      expect(await tenants.status('shop.example')).toBe(400);
      expect(await tenants.add('Shop.Example')).toBe(204);
      expect(await tenants.status('shop.example')).toBe(200);
      expect(await tenants.remove('shop.example')).toBe(204);
      expect(await tenants.status('shop.example')).toBe(400);
      const logged = tenants.output
        .split('\n')
        .filter((text) => text.includes('[Domains]'));
      expect(logged).toEqual([
        expect.stringMatching(
          `${reason.replace(/[()]/g, '\\$&')}: domains are kept in the memory of this process alone.$`,
        ),
      ]);
    });
  });

  it('accepts changes on the admin host only, and names only', async () => {
    const tenants = await start();
    const put = (host: string, name: string) =>
      tenants.status(host, `/domains/${name}`, 'PUT');
    expect(await put('shop.example', 'shop.example')).toBe(400);
    expect(await put('example.com', 'shop.example')).toBe(400);
    expect(await tenants.status('shop.example')).toBe(400);
    for (const name of ['10.0.0.1', '[::1]', 'a@b', 'shop.example%3A80'])
      expect([name, await tenants.add(name)]).toEqual([name, 400]);
    expect(await tenants.add(encodeURIComponent('bücher.example'))).toBe(204);
    expect(await tenants.status('xn--bcher-kva.example')).toBe(200);
  });

  (atHand ? describe : describe.skip)(
    'three processes on one Redis (skipped without redis-server)',
    () => {
      let redis: Redis;
      let fleet: Tenants[];
      let over = false;

      beforeEach(async () => {
        redis = await Redis.start();
        const env = { REDIS_URL: redis.url, DOMAINS_TTL_MS: '200' };
        fleet = await Promise.all([start(env), start(env), start(env)]);
      });
      afterEach(async () => {
        over = true;
        await redis.remove();
      });

      it('serve an added domain and refuse a removed one in all processes', async () => {
        for (let i = 0; i < 9; i++) {
          const host = `shop-${i}.example`;
          const commanded = fleet[i % 3];
          // Each process caches this result for 10 s.
          expect(await statuses(fleet, host)).toEqual([400, 400, 400]);
          expect(await commanded?.add(host)).toBe(204);
          await until(async () => everywhere(await statuses(fleet, host), 200));
          expect(await commanded?.remove(host)).toBe(204);
          await until(async () => everywhere(await statuses(fleet, host), 400));
        }
      });

      it.each([
        ['stopped and started again', () => redis.stop(), () => redis.start()],
        [
          'killed and started again',
          () => redis.stop('SIGKILL'),
          () => redis.start(),
        ],
        [
          'frozen and thawed',
          async () => redis.signal('SIGSTOP'),
          async () => redis.signal('SIGCONT'),
        ],
      ])(
        'serve tenants and refuse unknown names under load while Redis is %s',
        async (_, stop, startAgain) => {
          const [first] = fleet;
          // More than the lookups that may run at once.
          const tenants = Array.from(
            { length: 60 },
            (__, i) => `shop-${i}.example`,
          );
          for (const host of tenants) expect(await first?.add(host)).toBe(204);
          for (const host of tenants) await statuses(fleet, host);

          const known = new Map<number, number>();
          const unknown = new Map<number, number>();
          const count = (map: Map<number, number>, status: number) =>
            map.set(status, (map.get(status) ?? 0) + 1);
          over = false;
          let names = 0;
          const loops = fleet.flatMap((one) => [
            ...tenants.map(async (host) => {
              while (!over) {
                count(known, await one.status(host));
                await setTimeout(5);
              }
            }),
            (async () => {
              while (!over) {
                count(unknown, await one.status(`stranger-${names++}.example`));
                await setTimeout(5);
              }
            })(),
          ]);
          const load = Promise.all(loops);
          // One error is enough; it fails the test at its end.
          load.catch(() => (over = true));
          const before = unknown.get(400) ?? 0;
          await until(() => (unknown.get(400) ?? 0) > before + 20);
          await stop();
          await until(() => (unknown.get(503) ?? 0) > 20);
          expect(await first?.add('new.example')).toBe(503);
          const away = unknown.get(400) ?? 0;
          const refused = unknown.get(503) ?? 0;
          await until(() => (unknown.get(503) ?? 0) > refused + 50);
          expect((unknown.get(400) ?? 0) - away).toBeLessThan(fleet.length + 1);
          await startAgain();
          const then = unknown.get(400) ?? 0;
          await until(() => (unknown.get(400) ?? 0) > then + 50);
          // All processes apply changes again.
          await until(async () => (await first?.add('new.example')) === 204);
          await until(async () =>
            everywhere(await statuses(fleet, 'new.example'), 200),
          );
          over = true;
          await load;
          expect([...known.keys()]).toEqual([200]);
          expect(new Set(unknown.keys())).toEqual(new Set([400, 503]));
          expect(fleet.map((one) => one.running)).toEqual([true, true, true]);
        },
      );

      it('refuse a domain that was removed while they were not connected', async () => {
        const [first, second] = fleet;
        expect(await first?.add('gone.example')).toBe(204);
        expect(await second?.status('gone.example')).toBe(200);
        await redis.stop();
        await redis.start();
        await until(async () => (await first?.remove('gone.example')) === 204);
        await until(async () => (await second?.status('gone.example')) === 400);
      });
    },
  );
});
