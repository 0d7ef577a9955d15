// Where options come from: an object, its prototype, a factory.
import 'reflect-metadata';
import { jest } from '@jest/globals';
import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AllowedHostsModule,
  type AllowedHostsOptions,
} from '../../src/index.js';
import { type Platform, platforms, start, stopAll } from '../harness.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }
}

const appWith = (allowedHosts: DynamicModule) => ({
  module: class AppModule {},
  imports: [allowedHosts],
  controllers: [AppController],
});

const hosts = 'example.com';

const create = (make: () => DynamicModule, platform: Platform) =>
  NestFactory.create(appWith(make()) as never, platform.adapter(), {
    logger: false,
    abortOnError: false,
  });

/** Runs an action while every object inherits a property. */
async function polluted<T>(
  name: string,
  value: unknown,
  action: () => Promise<T>,
): Promise<T> {
  Object.defineProperty(Object.prototype, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  try {
    return await action();
  } finally {
    Reflect.deleteProperty(Object.prototype, name);
  }
}

const forms: [string, () => DynamicModule][] = [
  [
    'forRoot',
    () =>
      AllowedHostsModule.forRoot({
        hosts,
        addresses: {},
        lookup: { find: () => false },
        health: {},
      }),
  ],
  [
    'forRootAsync',
    () =>
      AllowedHostsModule.forRootAsync({
        useFactory: () => ({ hosts }),
      }),
  ],
];

describe.each(platforms)('on $name', (platform) => {
  afterEach(stopAll);

  it.each(
    forms.flatMap(([form, make]) =>
      (
        [
          ['mode', 'report'],
          ['statusCode', 404],
          ['health', false],
          ['isGlobal', false],
          ['lookup', { find: () => true }],
          ['forwardedHost', 'always'],
          ['platform', 'nowhere'],
          ['indicators', [{}]],
          ['negativeTtlMs', -1],
        ] as const
      ).map(([name, value]) => [form, name, value, make] as const),
    ),
  )('%s does not read Object.prototype.%s', async (_, name, value, make) => {
    const app = await polluted(name, value, () =>
      start(appWith(make()), platform),
    );
    expect((await app.get('/hello', 'evil.example')).status).toBe(400);
    expect((await app.get('/hello', 'example.com')).status).toBe(200);
    expect((await app.get('/health', '10.0.0.1')).status).toBe(200);
  });

  it('options may be an object of a class with properties of its own', async () => {
    class Options {
      hosts = hosts;
      addresses = false as const;
    }
    const app = await start(
      appWith(
        AllowedHostsModule.forRootAsync({ useFactory: () => new Options() }),
      ),
      platform,
    );
    expect((await app.get('/hello', 'evil.example')).status).toBe(400);
    expect((await app.get('/hello', 'example.com')).status).toBe(200);
  });
});

const [anyPlatform] = platforms as [Platform];

class WithGetters {
  get hosts() {
    return hosts;
  }
}

describe('options that are inherited stop the start', () => {
  const withProto = (options: object, proto: object) =>
    Object.assign(
      options,
      JSON.parse(`{"__proto__":${JSON.stringify(proto)}}`),
    ) as AllowedHostsOptions;

  it.each<[string, () => DynamicModule, string]>([
    [
      'from a class with getters',
      () => AllowedHostsModule.forRoot(new WithGetters()),
      'AllowedHostsModule.forRoot inherits "hosts" from a class or a prototype, where options are not read: write { hosts: ... } in the object itself.',
    ],
    [
      'from a class with getters, of a factory',
      () =>
        AllowedHostsModule.forRootAsync({
          useFactory: () => new WithGetters(),
        }),
      'AllowedHostsModule inherits "hosts" from a class or a prototype',
    ],
    [
      'from __proto__ in JSON that was merged',
      () =>
        AllowedHostsModule.forRoot(withProto({ hosts }, { mode: 'report' })),
      'AllowedHostsModule.forRoot inherits "mode"',
    ],
    [
      'in lookup',
      () =>
        AllowedHostsModule.forRoot({
          hosts,
          lookup: withProto({ find: () => true }, { ttlMs: 1 }) as never,
        }),
      'lookup inherits "ttlMs"',
    ],
    [
      'in addresses',
      () =>
        AllowedHostsModule.forRoot({
          hosts,
          addresses: withProto({}, { platform: 'none' }) as never,
        }),
      'addresses inherits "platform"',
    ],
    [
      'in health',
      () =>
        AllowedHostsModule.forRoot({
          hosts,
          health: withProto({}, { hosts: 'any' }) as never,
        }),
      'health inherits "hosts"',
    ],
    [
      'as a key of parsed JSON',
      () =>
        AllowedHostsModule.forRoot(
          JSON.parse('{"hosts":"a.com","__proto__":{"mode":"report"}}'),
        ),
      'AllowedHostsModule.forRoot has no option "__proto__"',
    ],
  ])('%s', async (_, make, sentence) => {
    await expect(async () => create(make, anyPlatform)).rejects.toThrow(
      sentence,
    );
  });
});

@Module({
  providers: [{ provide: 'TOKEN', useValue: {} }],
  exports: ['TOKEN'],
})
class TokenModule {}

class NoMethod {}

describe('a factory that gives no options stops the start', () => {
  const where = 'AllowedHostsModule.forRootAsync';
  it.each<[object, string]>([
    [
      { useFactory: () => undefined },
      `${where}: useFactory returned undefined: return an object such as { hosts: "example.com" }.`,
    ],
    [
      { useFactory: async () => 'a.com' },
      `${where}: useFactory returned "a.com": return an object`,
    ],
    [
      { useFactory: () => ({ hosts: Promise.resolve(hosts) }) },
      'hosts is a Promise: await it in the useFactory of forRootAsync.',
    ],
    [{ useFactory: { hosts } }, `${where}: useFactory is an object: write a`],
    [
      { useClass: NoMethod },
      `${where}: NoMethod has no method createAllowedHostsOptions: let the class implement AllowedHostsOptionsFactory.`,
    ],
    [
      { imports: [TokenModule], useExisting: 'TOKEN' },
      `${where}: TOKEN has no method createAllowedHostsOptions`,
    ],
    [{}, `${where} has none of useFactory, useClass and useExisting`],
    [
      { useFactory: () => ({ hosts }), useClass: NoMethod },
      `${where} has more than one of useFactory, useClass and useExisting`,
    ],
    [
      { useFactory: () => ({ hosts }), isGlobal: 'false' },
      'isGlobal is the text "false": write the boolean false, without quotation marks.',
    ],
    [
      { useFactory: () => ({ hosts, statusCode: '403' }) },
      'statusCode is the text "403": write the number 403, without quotation marks.',
    ],
  ])('%p', async (options, sentence) => {
    await expect(async () =>
      create(
        () => AllowedHostsModule.forRootAsync(options as never),
        anyPlatform,
      ),
    ).rejects.toThrow(sentence);
  });

  it('also where forRoot gets a promise of them', () => {
    expect(() =>
      AllowedHostsModule.forRoot(Promise.resolve({ hosts }) as never),
    ).toThrow('AllowedHostsModule.forRoot is a Promise: write an object');
  });

  describe('in time', () => {
    beforeEach(
      () =>
        void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }),
    );
    afterEach(() => void jest.useRealTimers());

    it('where it never settles', async () => {
      const starting = create(
        () =>
          AllowedHostsModule.forRootAsync({
            useFactory: () => new Promise<never>(() => undefined),
          }),
        anyPlatform,
      );
      const outcome = expect(starting).rejects.toThrow(
        `${where}: useFactory returned no options within 30 s: check what it awaits.`,
      );
      for (let turn = 0; jest.getTimerCount() === 0 && turn < 10_000; turn++)
        await new Promise((resolve) => setImmediate(resolve));
      await jest.advanceTimersByTimeAsync(30_000);
      await outcome;
    });
  });
});

describe('registered twice', () => {
  afterEach(stopAll);

  it('stops the start, also where the other is of the build for the other module format', async () => {
    class OtherBuild {
      static {
        Object.defineProperty(this, Symbol.for('nestjs-allowed-hosts'), {
          value: true,
        });
      }
    }
    const module = {
      module: class AppModule {},
      imports: [
        AllowedHostsModule.forRoot({ hosts }),
        { module: OtherBuild, global: true },
      ],
    };
    await expect(
      NestFactory.create(module as never, anyPlatform.adapter(), {
        logger: false,
        abortOnError: false,
      }),
    ).rejects.toThrow(
      'AllowedHostsModule is registered more than once, perhaps as an ES module and as CommonJS: keep one forRoot or forRootAsync, in the root module.',
    );
  });
});
