import 'reflect-metadata';
import { connect } from 'node:net';
import { jest } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  type INestApplication,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AllowedHostsModule,
  AllowProbes,
  type AllowedHostsHealthIndicator,
} from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { RawConnection } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { withLocalhostOfBothFamilies } from './matrix/localhost.js';

let database: 'up' | 'down' | 'throws' = 'up';

@Injectable()
class Database {
  ping() {
    if (database === 'throws') throw new Error('the password is hunter2');
    return database === 'up';
  }
}

@Injectable()
class DatabaseIndicator implements AllowedHostsHealthIndicator {
  constructor(private readonly db: Database) {}

  check() {
    return {
      database: {
        status: this.db.ping() ? ('up' as const) : ('down' as const),
      },
    };
  }
}

let released: Promise<void> | undefined;

@Module({ providers: [Database, DatabaseIndicator] })
class DatabaseModule {
  /** As one that waits for its last query. */
  onModuleDestroy() {
    return released;
  }
}

@Controller('healthz')
class OwnHealthController {
  @AllowProbes()
  @Get()
  check() {
    return 'fine';
  }
}

const appModule = (health?: object | false, controllers: unknown[] = []) => ({
  module: class AppModule {},
  imports: [
    DatabaseModule,
    AllowedHostsModule.forRoot({
      hosts: ['example.com', '10.0.0.0/16'],
      addresses: false,
      ...(health !== undefined && { health }),
    }),
  ],
  controllers,
});

const PROBES = [
  ['an ALB', '10.0.3.17:3000', ['User-Agent: ELB-HealthChecker/2.0']],
  ['an ALB on port 80', '172.31.4.5', ['User-Agent: ELB-HealthChecker/2.0']],
  ["an NLB, by its own node's address", '10.200.1.9:80', []],
  ['a classic ELB', undefined, ['User-Agent: ELB-HealthChecker/1.0']],
  [
    'a classic ELB, by address',
    '172.31.4.5',
    ['User-Agent: ELB-HealthChecker/1.0'],
  ],
  ['a kubelet', '192.168.77.8:3000', ['User-Agent: kube-probe/1.31']],
  ['a kubelet, IPv6', '[fd00:10:244::5]:3000', ['User-Agent: kube-probe/1.31']],
  ['Route 53, by name', 'example.com', []],
  ['Route 53, by public address', '203.0.113.9', []],
] as const;

describe.each(platforms)('on $name', (platform) => {
  afterAll(stopAll);
  beforeEach(() => {
    database = 'up';
  });

  describe('/health', () => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await start(
        appModule({ indicators: [DatabaseIndicator] }),
        platform,
      );
    });

    it.each(PROBES)('answers 200 to %s', async (_, host, headers) => {
      expect((await app.get('/health', host, headers)).status).toBe(200);
    });

    it('responds in the form of Terminus with up or down for each check, and nothing more', async () => {
      const response = await app.get('/health', '10.9.9.9');
      const details = {
        allowedHosts: { status: 'up' },
        database: { status: 'up' },
      };
      expect(JSON.parse(response.body)).toEqual({
        status: 'ok',
        info: details,
        error: {},
        details,
      });
      expect(response.headers['cache-control']).toBe('no-store');
      expect(response.headers['content-type']).toContain('application/json');
    });

    it('answers HEAD, with no body', async () => {
      const response = await app.request('HEAD', '/health', '10.9.9.9');
      expect([response.status, response.body]).toEqual([200, '']);
    });

    it('refuses a rebinding page', async () => {
      expect((await app.get('/health', 'rebind.evil.example')).status).toBe(
        400,
      );
    });

    it.each(['down', 'throws'] as const)(
      'is 503 when an indicator %s, and logs it once',
      async (state) => {
        database = state;
        app.log.lines.length = 0;
        const response = await app.get('/health', '10.9.9.9');
        await app.get('/health', '10.9.9.9');
        expect(response.status).toBe(503);
        expect(response.headers['cache-control']).toBe('no-store');
        expect(JSON.parse(response.body)).toMatchObject({ status: 'error' });
        expect(response.body).not.toContain('hunter2');
        expect(app.log.of('error')).toHaveLength(1);
        database = 'up';
        expect((await app.get('/health', '10.9.9.9')).status).toBe(200);
        expect(app.log.of('log')).toContain('Health is up again.');
      },
    );
  });

  it('with health.details reports counts, and no names', async () => {
    const detailed = await start(
      appModule({ indicators: [DatabaseIndicator], details: true }),
      platform,
    );
    const response = await detailed.get('/health', '10.9.9.9');
    const check = {
      status: 'up',
      patterns: 2,
      addresses: 0,
      addressSources: [],
      listAgeSeconds: expect.any(Number),
      addressesAgeSeconds: null,
      lookupFailing: false,
    };
    const details = { allowedHosts: check, database: { status: 'up' } };
    expect(JSON.parse(response.body)).toEqual({
      status: 'ok',
      info: details,
      error: {},
      details,
    });
  });

  it('moves with health.path and a global prefix', async () => {
    const app = await start(
      appModule({ path: 'internal/live' }),
      platform,
      (nest) => void nest.setGlobalPrefix('api'),
    );
    expect((await app.get('/api/internal/live', '10.9.9.9')).status).toBe(200);
    expect((await app.get('/health', 'example.com')).status).toBe(404);
  });

  it('stays outside a global prefix that excludes it', async () => {
    const app = await start(
      appModule(),
      platform,
      (nest) => void nest.setGlobalPrefix('api', { exclude: ['health'] }),
    );
    expect((await app.get('/health', '10.9.9.9')).status).toBe(200);
  });

  it.each([
    ['listed', '10.9.9.9', 400],
    ['listed', 'example.com', 200],
    ['probes', 'other.example', 400],
    ['any', 'other.example', 200],
  ] as const)(
    'with health.hosts %j answers %s with %d',
    async (hosts, host, status) => {
      const app = await start(appModule({ hosts }), platform);
      expect((await app.get('/health', host)).status).toBe(status);
    },
  );

  it('leaves the job to a controller of the user, with health: false', async () => {
    const app = await start(appModule(false, [OwnHealthController]), platform);
    expect((await app.get('/healthz', '10.9.9.9')).status).toBe(200);
    expect((await app.get('/health', 'example.com')).status).toBe(404);
  });

  it('makes an indicator that no module provides', async () => {
    @Injectable({ scope: Scope.DEFAULT })
    class Loose implements AllowedHostsHealthIndicator {
      check() {
        return { loose: { status: 'up' as const } };
      }
    }
    const app = await start(appModule({ indicators: [Loose] }), platform);
    expect((await app.get('/health', '10.9.9.9')).body).toContain('loose');
  });

  it('serves on after SIGTERM while readiness is 503 and responses close their connections', async () => {
    const app = await start(
      appModule({ gracefulShutdownTimeoutMs: 3000 }, [OwnHealthController]),
      platform,
      (nest) => void nest.enableShutdownHooks(['SIGTERM']),
    );
    // Nest ends by signalling itself again, which would end the test runner.
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    try {
      expect((await app.get('/health', '10.9.9.9')).status).toBe(200);
      let release = () => {};
      released = new Promise((resolve) => (release = resolve));
      process.emit('SIGTERM', 'SIGTERM');
      const health = await app.raw(
        'GET /health HTTP/1.1\r\nHost: 10.9.9.9\r\n\r\n',
      );
      expect(health.status).toBe(503);
      expect(JSON.parse(health.body)).toMatchObject({
        status: 'shutting_down',
      });
      const traffic = await app.raw(
        'GET /healthz HTTP/1.1\r\nHost: example.com\r\n\r\n',
      );
      expect([traffic.status, traffic.headers['connection']]).toEqual([
        200,
        'close',
      ]);
      expect(kill).not.toHaveBeenCalled();
      release();
      await until(() => kill.mock.calls.length > 0);
    } finally {
      released = undefined;
      kill.mockRestore();
    }
  });

  it('closes connections in both families of localhost', async () => {
    const nest = await NestFactory.create<INestApplication>(
      appModule() as never,
      platform.adapter(),
      { logger: false },
    );
    await withLocalhostOfBothFamilies(() => nest.listen(0, 'localhost'));
    const { port } = nest.getHttpServer().address() as { port: number };
    process.once('SIGTERM', () => undefined);
    process.emit('SIGTERM', 'SIGTERM');
    for (const address of platform.name === 'fastify'
      ? ['127.0.0.1', '::1']
      : ['127.0.0.1']) {
      const talk = new RawConnection(() => connect(port, address)).send(
        'GET /healthz HTTP/1.1',
        'Host: example.com',
        '',
        '',
      );
      await talk.closed();
      expect(talk.last.headers['connection']).toBe('close');
    }
    await nest.close();
  });
});
