import { InstanceAddresses } from '../../src/addresses/instance-addresses.js';
import type { AddressSource } from '../../src/addresses/address-source.js';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { discover, Lines, machineWith, running, until } from './harness.js';

const source = (
  name: string,
  addresses: (signal: AbortSignal) => unknown,
): AddressSource => ({
  name,
  addresses: addresses as AddressSource['addresses'],
});

it('asks sources of the user instead of the platform, and joins their answers', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const sources = [
    source('one', async () => ['2001:DB8:0::1', '10.0.0.1', '10.0.0.1']),
    source('two', async () => ['10.0.0.1', '10.0.0.2']),
  ];
  const { found, lines } = await discover({ sources }, machineWith(imds.env));
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
  ['rejects with anything', () => Promise.reject('nothing'), /^mine: nothing$/],
  [
    'rejects with no text at all',
    () => Promise.reject(Object.create(null)),
    /^mine: threw an object$/,
  ],
  [
    'answers with no list',
    async () => '10.0.0.1',
    /^mine: the answer is "10\.0\.0\.1", not a list/,
  ],
  [
    'answers with nothing',
    () => undefined,
    /^mine: the answer is undefined, not a list/,
  ],
  [
    'answers with a name',
    async () => ['10.0.0.1', 'example.com'],
    /^mine: "example\.com" is not an IP address$/,
  ],
  [
    'answers with a number',
    async () => [2130706433],
    /^mine: 2130706433 is not an IP address$/,
  ],
  [
    'answers with a port',
    async () => ['10.0.0.1:80'],
    /^mine: "10\.0\.0\.1:80" is not/,
  ],
  ['answers with brackets', async () => ['[::1]'], /^mine: "\[::1\]" is not/],
  [
    'never answers',
    () => new Promise(() => undefined),
    /^mine: did not answer in \d+ ms$/,
  ],
])('a source that %s adds nothing', async (_name, addresses, message) => {
  const sources = [source('mine', addresses)];
  const { found, lines, tookMs } = await discover(
    { sources, timeoutMs: 100 },
    machineWith(),
  );
  expect(found.all).toEqual([]);
  expect(found.lastError).toMatch(message);
  expect(lines.warnings).toHaveLength(1);
  expect(tookMs).toBeLessThan(200);
});

it('uses what others found where one fails, and that one too when it is mended', async () => {
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
    expect.stringMatching(/still allowed: 10\.0\.0\.1\. .* late: not yet$/),
  ]);
  works = true;
  await until(() => now().length === 2);
  expect(lines.logs.slice(1)).toEqual([
    'The addresses of this machine are read again.',
    'The addresses of this machine changed: 10.0.0.2 added.',
  ]);
});

it('lets a source say that there is none', async () => {
  const { now, lines } = await discover(
    { sources: [source('mine', async () => [])] },
    machineWith(),
  );
  expect(now()).toEqual([]);
  expect(lines.logs).toEqual([
    expect.stringMatching(
      /^No address of this machine was found \(mine, \d+ ms\)\.$/,
    ),
  ]);
});

it('tells a source when its time is up', async () => {
  let told = false;
  const sources = [
    source(
      'mine',
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            told = true;
            reject(new Error('I was in the middle of it'));
          });
        }),
    ),
  ];
  const { found } = await discover({ sources, timeoutMs: 50 }, machineWith());
  expect(told).toBe(true);
  expect(found.lastError).toBe('mine: I was in the middle of it');
});

it('asks nothing where addresses are off', async () => {
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
  'asks nothing with platform "%s", and says why to who debugs',
  async (platform, why) => {
    const { found, lines } = await discover({ platform }, machineWith());
    expect(found.all).toEqual([]);
    expect([...lines.logs, ...lines.warnings]).toEqual([]);
    expect(lines.debugs).toEqual([
      `No addresses of this machine are looked for. ${why}`,
    ]);
  },
);
