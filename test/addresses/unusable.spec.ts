import type { AddressSource } from '../../src/addresses/address-source.js';
import { FakeEc2Metadata, FakeEcsMetadata } from '../../src/testing/index.js';
import { discover, machineWith, running, until } from './harness.js';

const source = (
  name: string,
  addresses: () => readonly string[],
): AddressSource => ({ name, addresses: async () => addresses() });

const UNUSABLE = [
  '0.0.0.0',
  '0.1.2.3',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.169.254',
  '224.0.0.1',
  '239.255.255.250',
  '255.255.255.255',
  '::',
  '::1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:0.0.0.0',
  '::FFFF:A9FE:1',
  '::ffff:224.0.0.1',
  '::ffff:255.255.255.255',
  'fe80::1',
  'febf::1',
  'ff02::1',
];

const usable = [
  '10.0.0.1',
  '100.64.0.1',
  'fd00::1',
  '2001:db8::1',
  '::ffff:10.0.0.1',
];

const many = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
  );

describe('the discovery ignores or rejects', () => {
  describe('an address at which no other machine can reach this one', () => {
    it.each(UNUSABLE)('is not added by a source: %s', async (address) => {
      const { now, lines } = await discover(
        { sources: [source('mine', () => [address, ...usable])] },
        machineWith(),
      );
      expect(now()).toEqual(usable);
      expect(lines.warnings).toEqual([
        expect.stringMatching(
          /^Ignoring addresses at which no other machine can reach this one: \S+ \(mine\)\. /,
        ),
      ]);
    });

    it('is not added by EC2 or ECS metadata', async () => {
      const imds = await running(
        FakeEc2Metadata.start({
          interfaces: [
            { ipv4: ['10.0.3.17', '127.0.0.1'], ipv6: ['::', 'fd00::7'] },
          ],
        }),
      );
      const ec2 = await discover({}, machineWith(imds.env));
      expect(ec2.now()).toEqual(['10.0.3.17', 'fd00::7']);
      const ecs = await running(FakeEcsMetadata.start());
      ecs.fault = {
        kind: 'body',
        body: JSON.stringify({
          Networks: [
            {
              NetworkMode: 'awsvpc',
              IPv4Addresses: ['0.0.0.0', '10.0.1.2'],
              IPv6Addresses: ['ff02::1'],
            },
          ],
        }),
      };
      const task = await discover({}, machineWith(ecs.env));
      expect(task.now()).toEqual(['10.0.1.2']);
    });

    it('is not added by the interfaces of a pod', async () => {
      const pod = machineWith(
        { KUBERNETES_SERVICE_HOST: '10.96.0.1' },
        undefined,
        {
          eth0: ['10.1.2.3', '0.0.0.0', '255.255.255.255'].map((address) => ({
            address,
            family: 'IPv4',
            internal: false,
            netmask: '255.255.255.0',
            mac: '02:00:00:00:00:01',
            cidr: null,
          })),
        },
      );
      expect((await discover({}, pod)).now()).toEqual(['10.1.2.3']);
    });

    it('is logged once', async () => {
      let queries = 0;
      const sources = [
        source('mine', () => {
          queries++;
          return ['10.0.0.1', '127.0.0.1', queries > 3 ? '::1' : '0.0.0.0'];
        }),
      ];
      const { lines } = await discover(
        { sources, refreshMs: 1 },
        machineWith(),
      );
      await until(() => queries > 8);
      const ignored = lines.warnings.map(
        (line) => / this one: (.*) \(mine\)/.exec(line)?.[1],
      );
      expect(ignored).toEqual(['127.0.0.1, 0.0.0.0', '::1']);
    });

    it('is not logged after a hundred others', async () => {
      let queries = 0;
      const sources = [
        source('mine', () => {
          queries++;
          return [
            '10.0.0.1',
            ...Array.from(
              { length: 50 },
              (_, i) => `127.0.${queries % 250}.${i}`,
            ),
          ];
        }),
      ];
      const { lines } = await discover(
        { sources, refreshMs: 1 },
        machineWith(),
      );
      await until(() => queries > 8);
      expect(lines.warnings).toHaveLength(2);
      for (const line of lines.warnings) expect(line.length).toBeLessThan(500);
    });
  });

  describe('a list of too many addresses', () => {
    it('of a source fails as a whole', async () => {
      const { now, found } = await discover(
        { sources: [source('mine', () => many(4097))] },
        machineWith(),
      );
      expect(now()).toEqual([]);
      expect(found.lastError).toBe(
        'mine: returned 4097 addresses, more than the limit of 4096',
      );
      const most = await discover(
        { sources: [source('mine', () => many(4096))] },
        machineWith(),
      );
      expect(most.now()).toHaveLength(4096);
    });

    it('is a short log line, at the start and after a change', async () => {
      let addresses = many(4000);
      const sources = [source('mine', () => addresses)];
      const { lines } = await discover(
        { sources, refreshMs: 1 },
        machineWith(),
      );
      addresses = many(4096).slice(2000);
      await until(() => lines.logs.length > 1);
      for (const line of lines.logs) expect(line.length).toBeLessThan(1000);
      expect(lines.logs[1]).toMatch(
        /changed: 10\.0\.15\.160 added, .* and 84 more added, 10\.0\.0\.0 removed, .* and 1988 more removed\.$/,
      );
    });

    it('of EC2 metadata counts each address once', async () => {
      const imds = await running(
        FakeEc2Metadata.start({
          interfaces: [
            { ipv4: many(4096) },
            { ipv4: many(4096) },
            { ipv4: many(4096) },
          ],
        }),
      );
      const { now } = await discover({}, machineWith(imds.env));
      expect(now()).toHaveLength(4096);
    });

    it('of EC2 metadata with many interfaces fails as a whole', async () => {
      const imds = await running(
        FakeEc2Metadata.start({
          interfaces: [{ ipv4: many(4096) }, { ipv4: ['11.0.0.1'] }],
        }),
      );
      const { now, found } = await discover({}, machineWith(imds.env));
      expect(now()).toEqual([]);
      expect(found.lastError).toMatch(
        /^ec2: the interfaces have more than 4096 addresses, which is the limit$/,
      );
    });
  });
});
