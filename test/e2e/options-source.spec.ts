import 'reflect-metadata';
import { jest } from '@jest/globals';
import { Injectable, Module, Scope, type DynamicModule } from '@nestjs/common';
import { NestFactory, REQUEST } from '@nestjs/core';
import {
  AllowedHostsModule,
  type AllowedHostsOptions,
} from '../../src/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { HelloController } from '../support/hello.js';

const appWith = (allowedHosts: DynamicModule) => ({
  module: class AppModule {},
  imports: [allowedHosts],
  controllers: [HelloController],
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

describe('the source of options', () => {
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
    )('%s() ignores Object.prototype.%s', async (_, name, value, make) => {
      const app = await polluted(name, value, () =>
        start(appWith(make()), platform),
      );
      expect((await app.get('/hello', 'evil.example')).status).toBe(400);
      expect((await app.get('/hello', 'example.com')).status).toBe(200);
      expect((await app.get('/health', '10.0.0.1')).status).toBe(200);
    });

    it('may be an object of a class with own properties', async () => {
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

  const [anyPlatform] = platforms;

  class WithGetters {
    get hosts() {
      return hosts;
    }
  }

  describe('an inherited option stops the start', () => {
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

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    createAllowedHostsOptions() {
      return { hosts: 'a.com' };
    }
  }

  describe('a factory without options stops the start', () => {
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

    it.each<[string, object]>([
      [
        'useFactory',
        { inject: [REQUEST], useFactory: () => ({ hosts: 'a.com' }) },
      ],
      ['useClass', { useClass: PerRequest }],
    ])('if a request-scoped provider has them, by %s', async (_, options) => {
      // Nest itself names the guard; older versions do not, see test/consumers/nest11-lowest.
      await expect(async () =>
        create(
          () => AllowedHostsModule.forRootAsync(options as never),
          anyPlatform,
        ),
      ).rejects.toThrow('depends on a request-scoped provider');
    });

    it('and so does a promise given to forRoot()', () => {
      expect(() =>
        AllowedHostsModule.forRoot(Promise.resolve({ hosts }) as never),
      ).toThrow('AllowedHostsModule.forRoot is a Promise: write an object');
    });

    describe('with fake timers', () => {
      beforeEach(
        () =>
          void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }),
      );
      afterEach(() => void jest.useRealTimers());

      it('if its promise does not settle', async () => {
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
});
