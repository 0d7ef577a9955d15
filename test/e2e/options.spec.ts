import 'reflect-metadata';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
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
import * as publicDoor from '../../src/index.js';
import { LogLines, platforms, RunningApp, start, stopAll } from '../harness.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }
}

const appWith = (allowedHosts: DynamicModule, imports: unknown[] = []) => ({
  module: class AppModule {},
  imports: [...imports, allowedHosts],
  controllers: [AppController],
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

describe.each(platforms)('on $name', (platform) => {
  afterAll(stopAll);

  it.each(asyncForms)(
    'forRootAsync with %s serves and refuses',
    async (_, form) => {
      const app = await start(appWith(form()), platform);
      expect((await app.get('/hello', 'example.com')).status).toBe(200);
      expect((await app.get('/hello', 'evil.example')).status).toBe(400);
      expect((await app.get('/health', '10.0.0.1')).status).toBe(200);
    },
  );

  it('works in an application of Test.createTestingModule', async () => {
    const testing = await Test.createTestingModule({
      imports: [
        AllowedHostsModule.forRoot({
          hosts: ['example.com'],
          addresses: false,
        }),
      ],
      controllers: [AppController],
    }).compile();
    const nest = testing.createNestApplication(platform.adapter(), {
      logger: false,
    });
    await nest.listen(0, '127.0.0.1');
    const app = new RunningApp(nest, new LogLines());
    expect((await app.get('/hello', 'example.com')).status).toBe(200);
    expect((await app.get('/hello', 'evil.example')).status).toBe(400);
    expect((await app.get('/nothing', 'evil.example')).status).toBe(400);
    await nest.close();
  });

  it('lets a test override the guard', async () => {
    let asked = 0;
    const testing = await Test.createTestingModule({
      imports: [
        AllowedHostsModule.forRoot({
          hosts: ['example.com'],
          addresses: false,
        }),
      ],
      controllers: [AppController],
    })
      .overrideProvider(AllowedHostsGuard)
      .useValue({ canActivate: () => ++asked > 0 })
      .compile();
    const nest = testing.createNestApplication(platform.adapter(), {
      logger: false,
    });
    await nest.listen(0, '127.0.0.1');
    expect(
      (await new RunningApp(nest, new LogLines()).get('/hello', 'example.com'))
        .status,
    ).toBe(200);
    expect(asked).toBe(1);
    await nest.close();
  });

  it('asks predicates with the request, and refuses when one throws, rejects or says anything but true', async () => {
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
    const app = await start(
      appWith(AllowedHostsModule.forRoot({ hosts, addresses: false })),
      platform,
    );
    const answers = [
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
    for (const host of answers)
      statuses.push((await app.get('/hello', host)).status);
    expect(statuses).toEqual([200, 200, 400, 200, 200, 400, 400, 400]);
    expect(seen[0]).toMatchObject({ host: 'x-tenant-1.example.net' });
    expect(app.log.of('warn')).toContain(
      'A host predicate failed; the host was refused: no.',
    );
  });

  it('refuses where a predicate throws what has no text, and where the logger fails of it', async () => {
    const app = await start(
      appWith(
        AllowedHostsModule.forRoot({
          hosts: [
            () => {
              throw Object.create(null);
            },
          ],
          addresses: false,
        }),
      ),
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

  it('gives AllowedHosts for injection, everywhere', async () => {
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
    const app = await start(
      appWith(
        AllowedHostsModule.forRoot({
          hosts: ['example.com'],
          addresses: false,
        }),
        [Feature],
      ),
      platform,
    );
    expect(JSON.parse((await app.get('/check', 'example.com')).body)).toEqual([
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
    ]);
  });
});

describe('wrong options stop the start with a sentence', () => {
  const [platform] = platforms;
  if (!platform) throw new Error('no platform');
  const hosts = 'example.com';
  it.each([
    [
      {},
      'hosts is undefined (is an environment variable not set?): write a string such as "example.com, .example.org" or an array of patterns.',
    ],
    [
      { hosts: [] },
      'hosts is empty, so that no request could be answered: write at least one pattern, such as "example.com".',
    ],
    [
      { hosts: ' , ' },
      'hosts is empty, so that no request could be answered: write at least one pattern, such as "example.com".',
    ],
    [
      { hosts: ['a.example', 'http://b.example/x'] },
      'hosts[1] "http://b.example/x" has a scheme: write "b.example".',
    ],
    [
      { hosts: ['b.example/x'] },
      'hosts[0] "b.example/x" has a path: write "b.example".',
    ],
    [
      { hosts: ['a*.com'] },
      'hosts[0] "a*.com" has a "*" that is not at its front: write a pattern such as ".example.com" for a name and all below it, such as "*.example.com" for those below it alone, or a RegExp.',
    ],
    [
      { hosts: ['10.0.0.5/16'] },
      'hosts[0] "10.0.0.5/16" has host bits set: did you mean "10.0.0.0/16"?',
    ],
    [
      { hosts: ['fd00::5/8'] },
      'hosts[0] "fd00::5/8" has host bits set: did you mean "fd00::/8"?',
    ],
    [
      { hosts: ['10.0.0.0/33'] },
      'hosts[0] "10.0.0.0/33" needs a prefix length from 0 to 32 after "/".',
    ],
    [
      { hosts: ['example.com:http'] },
      'hosts[0] "example.com:http" has a port that is not a number from 0 to 65535: write "example.com".',
    ],
    [
      { hosts: ['user@example.com'] },
      'hosts[0] "user@example.com" has a user name: write "example.com".',
    ],
    [
      { hosts: ['[10.0.0.1]:80'] },
      'hosts[0] "[10.0.0.1]:80" has an IPv4 address in brackets: write "10.0.0.1:80".',
    ],
    [
      { hosts: ['*.10.0.0.1'] },
      'hosts[0] "*.10.0.0.1" puts "*." before an address: write "10.0.0.1", or a network such as "10.0.0.0/16".',
    ],
    [
      { hosts: [7] },
      'hosts[0] is of type number: write a string such as "example.com", a RegExp or a function.',
    ],
    [
      { hosts, adresses: false },
      'AllowedHostsModule.forRoot has no option "adresses": did you mean "addresses"?',
    ],
    [
      { hosts, mode: 'log' },
      'mode is "log": write one of "enforce", "report".',
    ],
    [
      { hosts, forwardedHost: true },
      'forwardedHost is true: write one of "trusted", "always".',
    ],
    [
      { hosts, statusCode: 500 },
      'statusCode is 500: write one of 400, 403, 404, 421.',
    ],
    [
      { hosts, health: { path: '/x?y' } },
      'health.path is "/x?y": write a plain path such as "health" or "internal/health", or false for no route.',
    ],
    [
      { hosts, health: { gracefulShutdownTimeoutMs: '20s' } },
      'health.gracefulShutdownTimeoutMs is "20s": write a whole number of milliseconds from 0 to 2147483647.',
    ],
    [
      { hosts, health: { host: 'any' } },
      'health has no option "host": did you mean "hosts"?',
    ],
    [
      { hosts, health: { indicators: [{}] } },
      'health.indicators must contain only classes with a check() method: write [DatabaseIndicator].',
    ],
    [
      { hosts, health: true },
      'health is true: write an object such as { path: ... }.',
    ],
  ])('%j', async (options, sentence) => {
    const create = async () =>
      NestFactory.create(
        appWith(
          AllowedHostsModule.forRoot(options as AllowedHostsOptions),
        ) as never,
        platform.adapter(),
        { logger: false, abortOnError: false },
      );
    await expect(create()).rejects.toThrow(new Error(sentence));
  });

  it('of a factory, too', async () => {
    const useFactory = () => ({ hosts, health: false }) as AllowedHostsOptions;
    const module = appWith(AllowedHostsModule.forRootAsync({ useFactory }));
    await expect(
      NestFactory.create(module as never, platform.adapter(), {
        logger: false,
        abortOnError: false,
      }),
    ).rejects.toThrow(
      '"health" stands beside useFactory, not in what it gives: routes are known before factories run.',
    );
  });

  it('beside a factory, too', () => {
    const options = { useFactory: () => ({ hosts }), helth: false };
    expect(() => AllowedHostsModule.forRootAsync(options)).toThrow(
      'AllowedHostsModule.forRootAsync has no option "helth": did you mean "health"?',
    );
  });

  it('warns of patterns that do not do what they seem to', async () => {
    const app = await start(
      appWith(
        AllowedHostsModule.forRoot({
          hosts: ['*', 'example.com:443'],
          addresses: false,
        }),
      ),
      platform,
    );
    expect(app.log.of('warn')).toEqual([
      'hosts[0] "*" allows every well-formed host: Host is not validated, and DNS rebinding works. Name your hosts instead.',
      'hosts[1] "example.com:443" pins port 443, which no browser puts into Host: write it without the port.',
    ]);
    await stopAll();
  });
});

it('exports these names', () => {
  expect(Object.keys(publicDoor).toSorted()).toEqual([
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
