import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BehaviorSubject } from 'rxjs';
import {
  AllowedHosts,
  AllowedHostsModule,
  type AllowedHostsOptions,
} from '../../src/index.js';
import { closeLater, platforms, start, stopAll } from '../support/app.js';
import { helloApp } from '../support/hello.js';
import { until } from '../support/until.js';

describe('start and close of an application', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    it.each([
      ['enforce', 'Enforcing allowed hosts: '],
      [
        'report',
        'Report mode: no request is refused. Would enforce allowed hosts: ',
      ],
    ] as const)(
      'logs the mode and the list once at start: %s',
      async (mode, line) => {
        const named = async (hosts: AllowedHostsOptions['hosts']) => {
          const app = await start(helloApp({ hosts, mode }), platform);
          return app.log
            .of('log')
            .filter((text) => text.includes('allowed hosts'));
        };
        expect(await named('example.com, .example.org')).toEqual([
          `${line}example.com, .example.org (2 patterns)`,
        ]);
        expect(
          await named(new BehaviorSubject(['b\u00fccher.example'])),
        ).toEqual([`${line}b\\u00fccher.example (1 pattern)`]);
        const many = Array.from({ length: 5000 }, (_, i) => `t${i}.example`);
        expect(await named(many.slice(0, 10))).toEqual([
          `${line}${many.slice(0, 10).join(', ')} (10 patterns)`,
        ]);
        expect(await named(many)).toEqual([
          `${line}${many.slice(0, 10).join(', ')}, ... (5000 patterns)`,
        ]);
      },
    );

    it('checks hosts again in a second application after the first is closed', async () => {
      for (let round = 0; round < 2; round++) {
        const app = await start(helloApp(), platform);
        for (const [host, status] of [
          ['example.com', 200],
          ['evil.example', 400],
        ] as const)
          expect((await app.get('/hello', host)).status).toBe(status);
        await app.app.close();
      }
    });

    it('keeps no subscription if the start fails because the module is registered twice', async () => {
      const hosts = new BehaviorSubject('one.example');
      @Module({
        imports: [AllowedHostsModule.forRoot({ hosts: 'two.example' })],
      })
      class OtherModule {}
      const module = helloApp({ hosts });
      await expect(
        NestFactory.create(
          { ...module, imports: [...module.imports, OtherModule] } as never,
          platform.adapter(),
          { logger: false, abortOnError: false },
        ),
      ).rejects.toThrow('more than once');
      await until(() => !hosts.observed);
    });

    it('keeps no listener on the process if a hook throws at close', async () => {
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
        helloApp({}, { providers: [Throwing] }),
        platform,
      );
      expect(process.listenerCount('SIGTERM')).toBe(before.length + 2);
      await app.app.close().catch(() => undefined);
      process.off('SIGTERM', foreign);
      expect(process.listeners('SIGTERM')).toEqual(before);
      app.app.getHttpServer().close();
    });
  });

  it('checks requests in an application without HTTP', async () => {
    const context = closeLater(
      await NestFactory.createApplicationContext(helloApp(), {
        logger: false,
        abortOnError: false,
      }),
    );
    const allowedHosts = context.get(AllowedHosts);
    const check = (host: string) => allowedHosts.check({ headers: { host } });
    expect(await check('example.com')).toEqual({ allowed: true });
    expect(await check('evil.example')).toMatchObject({
      allowed: false,
      reason: 'unlisted',
    });
  });
});
