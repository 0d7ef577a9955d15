import 'reflect-metadata';
import { Inject, Injectable } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import * as terminus from '@nestjs/terminus';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';

declare const NEST_MAJOR: number;

const PROBE = '10.9.9.9:3000';

/** What the check of the application gives at the moment. */
let check: () => unknown = () => undefined;

class DatabaseIndicator {
  check() {
    return check() as never;
  }
}

const never = () => new Promise(() => undefined);
const up = { database: { status: 'up' } };

const appModule = (health: object) =>
  AllowedHostsModule.forRoot({
    hosts: 'example.com',
    addresses: false,
    health: { indicators: [DatabaseIndicator], ...health },
  });

async function checkHealth(app: RunningApp) {
  const { status, body } = await app.get('/health', PROBE);
  return { status, body, result: JSON.parse(body) };
}

describe.each(platforms)('on $name', (platform) => {
  afterEach(stopAll);

  it('a check that never settles is down within health.timeoutMs, and is logged once with its cause', async () => {
    check = never;
    const app = await start(appModule({ timeoutMs: 50 }), platform);
    for (let i = 0; i < 3; i++)
      expect((await checkHealth(app)).result.error).toEqual({
        DatabaseIndicator: { status: 'down' },
      });
    expect(app.log.of('error')).toEqual([
      'Health is down: DatabaseIndicator (no result within health.timeoutMs (50 ms)).',
    ]);
    check = () => up;
    expect((await checkHealth(app)).status).toBe(200);
  });

  it('a name that several checks report has the worst of their results', async () => {
    const checkOf = (status: string) => {
      @Injectable()
      class Replica {
        check() {
          return { database: { status } };
        }
      }
      return Replica;
    };
    for (const [statuses, code, worst] of [
      [['down', 'up', 'degraded'], 503, 'down'],
      [['up', 'down'], 503, 'down'],
      [['degraded', 'up'], 200, 'degraded'],
    ] as const) {
      const indicators = statuses.map(checkOf);
      const app = await start(
        appModule({ indicators, details: true }),
        platform,
      );
      const { status, result } = await checkHealth(app);
      expect([status, result.details.database.status]).toEqual([code, worst]);
    }
  });

  it('one run of the checks serves all probes that come meanwhile', async () => {
    let runs = 0;
    let settle: (result: unknown) => void = () => undefined;
    check = () => {
      runs++;
      return new Promise((resolve) => (settle = resolve));
    };
    const app = await start(appModule({}), platform);
    const responses = Array.from({ length: 30 }, () => checkHealth(app));
    const connections = () =>
      new Promise((resolve) =>
        app.app
          .getHttpServer()
          .getConnections((_: unknown, count: number) => resolve(count)),
      );
    while ((await connections()) !== 30) await tick();
    while (runs === 0) await tick();
    await tick();
    settle(up);
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(runs).toBe(1);
  });

  it('a result serves for health.cacheMs', async () => {
    let runs = 0;
    check = () => {
      runs++;
      return up;
    };
    const cached = await start(appModule({ cacheMs: 60_000 }), platform);
    for (let i = 0; i < 3; i++) await checkHealth(cached);
    expect(runs).toBe(1);
    const fresh = await start(appModule({}), platform);
    for (let i = 0; i < 3; i++) await checkHealth(fresh);
    expect(runs).toBe(4);
  });

  it.each([
    ['nothing', undefined],
    ['an empty result', {}],
    ['an unknown status', { database: { status: 'warning' } }],
    ['a text', 'up'],
  ])('a check that returns %s is down and no error 500', async (_, result) => {
    check = () => result;
    const app = await start(appModule({}), platform);
    for (let i = 0; i < 2; i++) {
      const response = await checkHealth(app);
      expect([response.status, response.result.error]).toEqual([
        503,
        { DatabaseIndicator: { status: 'down' } },
      ]);
    }
    expect(app.log.of('error')).toEqual([
      expect.stringContaining('DatabaseIndicator.check() returned no result'),
    ]);
  });

  it('a check is named by the class in health.indicators, whatever its provider gives', async () => {
    class CacheIndicator extends DatabaseIndicator {}
    const failing = () => {
      throw new Error('gone');
    };
    const providers = [
      { provide: DatabaseIndicator, useValue: { check: failing } },
      {
        provide: CacheIndicator,
        useFactory: () =>
          Object.assign(Object.create(null), { check: failing }),
      },
    ];
    const app = await start(
      {
        module: class AppModule {},
        imports: [
          appModule({ indicators: [DatabaseIndicator, CacheIndicator] }),
        ],
        providers,
      },
      platform,
    );
    const { status, result } = await checkHealth(app);
    expect([status, Object.keys(result.error)]).toEqual([
      503,
      ['DatabaseIndicator', 'CacheIndicator'],
    ]);
  });

  it.each([
    ['null', null],
    ['an object', { ping: () => up }],
  ])(
    'a provider that gives %s instead of an indicator stops the start',
    async (given, value) => {
      const app = {
        module: class AppModule {},
        imports: [appModule({})],
        providers: [{ provide: DatabaseIndicator, useValue: value }],
      };
      await expect(start(app, platform)).rejects.toThrow(
        `health.indicators: the provider of DatabaseIndicator gives ${given}: let it give an object with a check() method, or leave the class out.`,
      );
    },
  );

  it('an indicator that is request-scoped stops the start', async () => {
    @Injectable()
    class PerRequest extends DatabaseIndicator {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        super();
      }
    }
    const app = {
      module: class AppModule {},
      imports: [appModule({ indicators: [PerRequest] })],
      providers: [PerRequest],
    };
    await expect(start(app, platform)).rejects.toThrow(
      'health.indicators: PerRequest could not be found or instantiated. Add it to the providers of a module of yours; neither it nor what it injects may be request-scoped. ',
    );
  });

  it('a check that throws is logged once with its cause', async () => {
    check = () => {
      throw new Error('connect ECONNREFUSED\n10.0.0.5:5432');
    };
    const app = await start(appModule({}), platform);
    for (let i = 0; i < 2; i++)
      expect((await checkHealth(app)).status).toBe(503);
    expect(app.log.of('error')).toEqual([
      expect.stringMatching(
        /^Health is down: DatabaseIndicator \(connect ECONNREFUSED.*10\.0\.0\.5:5432\)\.$/,
      ),
    ]);
  });

  it('the response contains no message of a check, unless health.details is true', async () => {
    check = () => ({
      database: { status: 'down', message: 'user app:hunter2@db.internal' },
    });
    const closed = await start(appModule({}), platform);
    expect((await checkHealth(closed)).body).not.toContain('hunter2');
    expect(closed.log.of('error')[0]).toContain('hunter2');
    const open = await start(appModule({ details: true }), platform);
    expect((await checkHealth(open)).result.error.database.message).toContain(
      'hunter2',
    );
  });

  if (NEST_MAJOR === 12)
    it('an attempt() of Terminus is a result, and a degraded part serves', async () => {
      const { HealthIndicatorService } = terminus;
      @Injectable()
      class Attempts {
        constructor(readonly indicators: terminus.HealthIndicatorService) {}
        check() {
          return this.indicators
            .check('database')
            .attempt(async () => undefined)
            .withTimeout(1_000);
        }
      }
      expect(HealthIndicatorService).toBeDefined();
      const app = await start(appModule({ indicators: [Attempts] }), platform);
      expect((await checkHealth(app)).result.info.database).toEqual({
        status: 'up',
      });
      check = () => ({ database: { status: 'degraded' } });
      for (const details of [true, false]) {
        const other = await start(appModule({ details }), platform);
        const { status, result } = await checkHealth(other);
        expect([status, result.status, result.info.database.status]).toEqual(
          details ? [200, 'degraded', 'degraded'] : [200, 'ok', 'up'],
        );
      }
    });
});

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));
