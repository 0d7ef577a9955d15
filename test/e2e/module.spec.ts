import 'reflect-metadata';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type ModuleMetadata,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AllowedHosts,
  AllowedHostsGuard,
  AllowedHostsModule,
  type AllowedHostsOptions,
} from '../../src/index.js';
import * as publicNames from '../../src/index.js';
import {
  closeLater,
  platforms,
  RunningApp,
  start,
  stopAll,
} from '../support/app.js';
import { helloApp, HelloController } from '../support/hello.js';
import { LogLines } from '../support/log-lines.js';

const appWith = (allowedHosts: DynamicModule) => ({
  module: class AppModule {},
  imports: [allowedHosts],
  controllers: [HelloController],
});

@Injectable()
class OptionsFactory {
  createAllowedHostsOptions(): AllowedHostsOptions {
    return { hosts: ['example.com'], addresses: false };
  }
}

@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class OptionsModule {}

const config = ConfigModule.forRoot({
  ignoreEnvFile: true,
  load: [() => ({ ALLOWED_HOSTS: 'example.com, .example.org' })],
});

const asyncForms: [string, () => DynamicModule][] = [
  [
    'useFactory',
    () =>
      AllowedHostsModule.forRootAsync({
        imports: [config],
        inject: [ConfigService],
        health: { path: 'health', forceCloseAfterMs: 10 },
        useFactory: async (given: ConfigService) => ({
          hosts: given.getOrThrow<string>('ALLOWED_HOSTS'),
          addresses: false,
        }),
      }),
  ],
  [
    'useClass',
    () => AllowedHostsModule.forRootAsync({ useClass: OptionsFactory }),
  ],
  [
    'useExisting',
    () =>
      AllowedHostsModule.forRootAsync({
        imports: [OptionsModule],
        useExisting: OptionsFactory,
      }),
  ],
];

describe('AllowedHostsModule', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterAll(stopAll);

    it.each(asyncForms)(
      'allows and refuses hosts of forRootAsync() with %s',
      async (_, form) => {
        const app = await start(appWith(form()), platform);
        expect((await app.get('/hello', 'example.com')).status).toBe(200);
        expect((await app.get('/hello', 'evil.example')).status).toBe(400);
        expect((await app.get('/health', '10.0.0.1')).status).toBe(200);
      },
    );

    it('checks hosts in an application of Test.createTestingModule()', async () => {
      const testing = await Test.createTestingModule({
        imports: [helloApp()],
      }).compile();
      const nest = closeLater(
        testing.createNestApplication(platform.adapter(), { logger: false }),
      );
      await nest.listen(0, '127.0.0.1');
      const app = new RunningApp(nest, new LogLines());
      expect((await app.get('/hello', 'example.com')).status).toBe(200);
      expect((await app.get('/hello', 'evil.example')).status).toBe(400);
      expect((await app.get('/nothing', 'evil.example')).status).toBe(400);
    });

    it('lets a test override its guard', async () => {
      let calls = 0;
      const testing = await Test.createTestingModule({ imports: [helloApp()] })
        .overrideProvider(AllowedHostsGuard)
        .useValue({ canActivate: () => ++calls > 0 })
        .compile();
      const nest = closeLater(
        testing.createNestApplication(platform.adapter(), { logger: false }),
      );
      await nest.listen(0, '127.0.0.1');
      expect(
        (
          await new RunningApp(nest, new LogLines()).get(
            '/hello',
            'example.com',
          )
        ).status,
      ).toBe(200);
      expect(calls).toBe(1);
    });

    it('exports AllowedHosts to every module', async () => {
      @Controller()
      class InjectingController {
        constructor(
          @Inject(AllowedHosts) private readonly allowedHosts: AllowedHosts,
        ) {}

        @Get('check')
        async check() {
          const request = (host: string) => ({
            headers: { host },
            rawHeaders: ['Host', host],
            url: '/',
          });
          return [
            await this.allowedHosts.check(request('example.com')),
            await this.allowedHosts.check(request('evil.example')),
            this.allowedHosts.hosts,
            this.allowedHosts.addresses,
          ];
        }
      }
      @Module({ controllers: [InjectingController] })
      class Feature {}
      const app = await start(helloApp({}, { imports: [Feature] }), platform);
      expect(JSON.parse((await app.get('/check', 'example.com')).body)).toEqual(
        [
          { allowed: true },
          {
            allowed: false,
            reason: 'unlisted',
            source: 'Host',
            value: 'evil.example',
            detail: 'it is not in the list',
          },
          ['example.com'],
          [],
        ],
      );
    });

    it('stops the start without options', async () => {
      await expect(
        NestFactory.create(
          { module: class AppModule {}, imports: [AllowedHostsModule] },
          platform.adapter(),
          { logger: false, abortOnError: false },
        ),
      ).rejects.toThrow(
        "AllowedHostsModule has no options: write AllowedHostsModule.forRoot({ hosts: 'example.com' }) in the imports of the root module. Other modules need no import of it.",
      );
    });

    describe('registered twice', () => {
      class OtherBuild {
        static {
          Object.defineProperty(this, Symbol.for('nestjs-allowed-hosts'), {
            value: true,
          });
        }
      }

      it.each<[string, NonNullable<ModuleMetadata['imports']>[number]]>([
        ['by forRoot', AllowedHostsModule.forRoot({ hosts: 'two.example' })],
        ['by its class, as in a module of a feature', AllowedHostsModule],
        [
          'by the build for the other module format',
          { module: OtherBuild, global: true },
        ],
      ])('stops the start: %s', async (_, other) => {
        await expect(
          NestFactory.create(
            helloApp({}, { imports: [other] }) as never,
            platform.adapter(),
            { logger: false, abortOnError: false },
          ),
        ).rejects.toThrow(
          'AllowedHostsModule is registered more than once, perhaps as an ES module and as CommonJS: keep one forRoot or forRootAsync, in the root module.',
        );
      });
    });
  });

  it('is exported with these names', () => {
    expect(Object.keys(publicNames).toSorted()).toEqual([
      'AllowAnyHost',
      'AllowHosts',
      'AllowProbes',
      'AllowedHosts',
      'AllowedHostsGuard',
      'AllowedHostsHealth',
      'AllowedHostsModule',
      'DisallowedHostException',
      'HostList',
      'HostPatternError',
      'InjectPrivateIp',
      'PRIVATE_IP',
      'REFUSAL_CHANNEL',
      'parseHostHeader',
    ]);
  });
});
