import { jest } from '@jest/globals';
import type { AddressSource } from '../../src/addresses/address-source.js';
import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';
import { InstanceAddresses } from '../../src/addresses/instance-addresses.js';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import {
  discover,
  later,
  Lines,
  machineWith,
  running,
  until,
} from './harness.js';

const source = (
  name: string,
  addresses: (signal: AbortSignal) => unknown,
): AddressSource => ({
  name,
  addresses: addresses as AddressSource['addresses'],
});

describe('the sources of addresses', () => {
  describe('of the user: each source', () => {
    it('replaces the sources of the platform, and its addresses are joined with those of others', async () => {
      const imds = await running(FakeEc2Metadata.start());
      const sources = [
        source('one', async () => ['2001:DB8:0::1', '10.0.0.1', '10.0.0.1']),
        source('two', async () => ['10.0.0.1', '10.0.0.2']),
      ];
      const { found, lines } = await discover(
        { sources },
        machineWith(imds.env),
      );
      expect(found.all).toEqual([
        { address: '2001:db8::1', source: 'one' },
        { address: '10.0.0.1', source: 'one' },
        { address: '10.0.0.2', source: 'two' },
      ]);
      expect(found.primary).toBe('10.0.0.1');
      expect(lines.logs[0]).toMatch(/\(one, two, \d+ ms\)\.$/);
      expect(imds.connections).toBe(0);
    });

    it.each<[string, (signal: AbortSignal) => unknown, RegExp]>([
      [
        'throws',
        () => {
          throw new Error('no\nluck');
        },
        /^mine: no\\u000aluck$/,
      ],
      [
        'rejects with a string',
        () => Promise.reject('nothing'),
        /^mine: nothing$/,
      ],
      [
        'rejects with an object without a text',
        () => Promise.reject(Object.create(null)),
        /^mine: threw an object$/,
      ],
      [
        'returns something other than a list',
        async () => '10.0.0.1',
        /^mine: returned "10\.0\.0\.1", not a list/,
      ],
      [
        'returns nothing',
        () => undefined,
        /^mine: returned undefined, not a list/,
      ],
      [
        'returns a name',
        async () => ['10.0.0.1', 'example.com'],
        /^mine: "example\.com" is not an IP address$/,
      ],
      [
        'returns a number',
        async () => [2130706433],
        /^mine: 2130706433 is not an IP address$/,
      ],
      [
        'returns a port',
        async () => ['10.0.0.1:80'],
        /^mine: "10\.0\.0\.1:80" is not/,
      ],
      ['returns brackets', async () => ['[::1]'], /^mine: "\[::1\]" is not/],
      [
        'never responds',
        () => new Promise(() => undefined),
        /^mine: did not respond within \d+ ms$/,
      ],
    ])('that %s adds no address', async (_name, addresses, message) => {
      const sources = [source('mine', addresses)];
      const { found, lines } = await discover(
        { sources, timeoutMs: 100 },
        machineWith(),
      );
      expect(found.all).toEqual([]);
      expect(found.lastError).toMatch(message);
      expect(lines.warnings).toHaveLength(1);
    });

    it('that fails does not affect others, and joins them when it succeeds', async () => {
      let works = false;
      const sources = [
        source('good', async () => ['10.0.0.1']),
        source('late', async () => {
          if (!works) throw new Error('not yet');
          return ['10.0.0.2'];
        }),
      ];
      const { now, lines } = await discover(
        { sources, refreshMs: 5 },
        machineWith(),
      );
      expect(now()).toEqual(['10.0.0.1']);
      expect(lines.warnings).toEqual([
        expect.stringMatching(/Still allowed: 10\.0\.0\.1\. .* late: not yet$/),
      ]);
      works = true;
      await until(() => now().length === 2);
      expect(lines.logs.slice(1)).toEqual([
        "Reading this machine's addresses works again.",
        "This machine's addresses changed: 10.0.0.2 added.",
      ]);
    });

    it('that fails is reported beside others that fail', async () => {
      const sources = ['one', 'two'].map((name) =>
        source(name, () => Promise.reject(new Error(`no ${name}`))),
      );
      const { found, lines } = await discover({ sources }, machineWith());
      expect(found.lastError).toBe('one: no one | two: no two');
      expect(lines.warnings).toEqual([
        expect.stringMatching(/ one: no one \| two: no two$/),
      ]);
    });

    it('may return no address', async () => {
      const { now, lines } = await discover(
        {
          sources: ['mine', 'yours'].map((name) =>
            source(name, async () => []),
          ),
        },
        machineWith(),
      );
      expect(now()).toEqual([]);
      expect(lines.logs).toEqual([
        expect.stringMatching(
          /^Found no address of this machine \(mine, yours, \d+ ms\)\.$/,
        ),
      ]);
    });

    it('gets an abort signal at the end of the budget', async () => {
      let aborted = false;
      const sources = [
        source(
          'mine',
          (signal) =>
            new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                aborted = true;
                reject(new Error('interrupted'));
              });
            }),
        ),
      ];
      const { found } = await discover(
        { sources, timeoutMs: 50 },
        machineWith(),
      );
      expect(aborted).toBe(true);
      expect(found.lastError).toBe('mine: interrupted');
    });
  });

  it('report durations by the clock', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(7);
    later(clock, () => clock.mockRestore());
    const sources = [
      source('quick', async () => ['10.0.0.1']),
      source('slow', () => new Promise(() => undefined)),
    ];
    const { found, lines } = await discover(
      { sources, timeoutMs: 50 },
      machineWith(),
    );
    expect(found.lastError).toBe('slow: did not respond within 0 ms');
    expect(lines.logs[0]).toMatch(/\(quick, 0 ms\)\.$/);
  });

  it('are those of the process by default', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const [name, url] = Object.entries(imds.env)[0] ?? ['', ''];
    const before = process.env[name];
    process.env[name] = url;
    later(before, () => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
    const found = later(
      await InstanceAddresses.discover(
        resolveAddressesOptions({ platform: 'ec2', timeoutMs: 60_000 }),
        new Lines(),
      ),
      (addresses) => addresses.close(),
    );
    expect(found.primary).toBe('10.0.3.17');
  });

  describe('if there are none: the discovery', () => {
    it('logs nothing if addresses are off', async () => {
      const lines = new Lines();
      const found = await InstanceAddresses.discover(false, lines);
      expect(found.all).toEqual([]);
      expect(found.primary).toBeNull();
      expect([...lines.logs, ...lines.warnings, ...lines.debugs]).toEqual([]);
      found.close();
    });

    it.each([
      ['auto', 'This is neither EC2, ECS nor Kubernetes.'],
      ['none', 'addresses.platform is "none".'],
    ] as const)(
      'logs the reason for debugging with platform "%s"',
      async (platform, why) => {
        const { found, lines } = await discover({ platform }, machineWith());
        expect(found.all).toEqual([]);
        expect([...lines.logs, ...lines.warnings]).toEqual([]);
        expect(lines.debugs).toEqual([
          `Not looking for this machine's addresses. ${why}`,
        ]);
      },
    );
  });
});
