import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  AllowedHostsModule,
  type AllowedHostsOptions,
} from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';
import { helloApp } from '../support/hello.js';

describe('options', () => {
  afterEach(stopAll);
  const [platform] = platforms;
  const hosts = 'example.com';
  it.each([
    [
      {},
      'hosts is undefined (is an environment variable not set?): write a string such as "example.com, .example.org" or an array of patterns.',
    ],
    [
      { hosts: [] },
      'hosts is empty, so every request would be refused: write at least one pattern, such as "example.com".',
    ],
    [
      { hosts: ' , ' },
      'hosts is empty, so every request would be refused: write at least one pattern, such as "example.com".',
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
      'hosts[0] "a*.com" has a "*" that is not at its front: write a pattern such as ".example.com" for a name and its subdomains, a pattern such as "*.example.com" for its subdomains only, or a RegExp.',
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
  ])('stop the start with an error: %j', async (options, sentence) => {
    const create = async () =>
      NestFactory.create(
        {
          module: class AppModule {},
          imports: [AllowedHostsModule.forRoot(options as AllowedHostsOptions)],
        } as never,
        platform.adapter(),
        { logger: false, abortOnError: false },
      );
    await expect(create()).rejects.toThrow(new Error(sentence));
  });

  it('stop the start if a factory returns health', async () => {
    const useFactory = () => ({ hosts, health: false }) as AllowedHostsOptions;
    const module = {
      module: class AppModule {},
      imports: [AllowedHostsModule.forRootAsync({ useFactory })],
    };
    await expect(
      NestFactory.create(module as never, platform.adapter(), {
        logger: false,
        abortOnError: false,
      }),
    ).rejects.toThrow(
      '"health" belongs next to useFactory in forRootAsync(), not in the options that useFactory returns: routes are registered before factories run.',
    );
  });

  it('stop the start if forRootAsync() has an unknown name', () => {
    const options = { useFactory: () => ({ hosts }), helth: false };
    expect(() => AllowedHostsModule.forRootAsync(options)).toThrow(
      'AllowedHostsModule.forRootAsync has no option "helth": did you mean "health"?',
    );
  });

  it('log a warning about patterns that are probably not meant', async () => {
    const app = await start(
      helloApp({ hosts: ['*', 'example.com:443'] }),
      platform,
    );
    expect(app.log.of('warn')).toEqual([
      'hosts[0] "*" allows every well-formed host: Host is not validated, and DNS rebinding works. Name your hosts instead.',
      'hosts[1] "example.com:443" requires port 443, which browsers leave out of Host: remove the port.',
    ]);
  });
});
