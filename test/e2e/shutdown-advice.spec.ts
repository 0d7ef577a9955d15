import 'reflect-metadata';
import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';

declare const NEST_MAJOR: number;

const NO_HOOKS = /^health\.gracefulShutdownTimeoutMs has no effect/;
const KEEP_ALIVE = /^The server closes idle connections after \d+ ms/;

const appModule = (extras: object = {}, imports: unknown[] = []) => ({
  module: class AppModule {},
  imports: [
    ...imports,
    AllowedHostsModule.forRoot({
      hosts: 'example.com',
      addresses: false,
      health: { gracefulShutdownTimeoutMs: 1 },
      ...extras,
    }),
  ],
});

const hooks = (app: INestApplication) => void app.enableShutdownHooks();
const longerThanTheAdvice = () =>
  new Promise((resolve) => setTimeout(resolve, 1_200));

describe('advice on the shutdown', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(async () => {
      delete process.env['KUBERNETES_SERVICE_HOST'];
      await stopAll();
    });

    it('a grace without shutdown hooks is logged once', async () => {
      const { log } = await start(appModule(), platform);
      while (log.of('warn').length === 0) await longerThanTheAdvice();
      expect(log.of('warn')).toEqual([expect.stringMatching(NO_HOOKS)]);
    });

    it('nothing is logged where shutdown hooks are enabled, also after listen', async () => {
      const { app, log } = await start(appModule(), platform);
      hooks(app);
      await longerThanTheAdvice();
      expect(log.of('warn')).toEqual([]);
    });

    it('a grace of TerminusModule beside it is logged', async () => {
      const { log } = await start(
        appModule({}, [
          TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 7_000 }),
        ]),
        platform,
        hooks,
      );
      expect(log.of('warn')).toEqual([
        expect.stringMatching(
          /TerminusModule waits for its own gracefulShutdownTimeoutMs \(7000 ms\)/,
        ),
      ]);
    });

    if (NEST_MAJOR === 12)
      it('return503OnClosing beside it is logged', async () => {
        const { log } = await start(appModule(), platform, hooks, {
          return503OnClosing: true,
        } as object);
        expect(log.of('warn')).toEqual([
          expect.stringMatching(/^return503OnClosing responds 503/),
        ]);
      });

    it('keepAliveTimeoutMs sets how long the server keeps idle connections, and its time for headers', async () => {
      const { app } = await start(
        appModule({ keepAliveTimeoutMs: 65_000 }),
        platform,
        hooks,
      );
      const server = app.getHttpServer() as Server;
      expect(server.keepAliveTimeout).toBe(65_000);
      expect(server.headersTimeout).toBeGreaterThan(65_000);
    });

    it('a keep-alive below 60 s in a pod is logged once', async () => {
      process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
      const short = await start(
        appModule({ keepAliveTimeoutMs: 5_000 }),
        platform,
        hooks,
      );
      expect(short.log.of('warn')).toEqual([expect.stringMatching(KEEP_ALIVE)]);
      const long = await start(
        appModule({ keepAliveTimeoutMs: 65_000 }),
        platform,
        hooks,
      );
      expect(long.log.of('warn')).toEqual([]);
    });
  });

  it('a keepAliveTimeoutMs that is no time stops the start', () => {
    expect(() => appModule({ keepAliveTimeoutMs: '65s' })).toThrow(
      'keepAliveTimeoutMs is "65s": write a whole number of milliseconds',
    );
  });
});
