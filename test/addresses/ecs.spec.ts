import {
  FakeEc2Metadata,
  FakeEcsMetadata,
  type Fault,
} from '../../src/testing/index.js';
import { budgetFor } from './fault-table.js';
import { discover, machineWith, running, until } from './harness.js';

describe('the addresses of an ECS task', () => {
  it.each([
    ['awsvpc', { ipv4: ['10.0.7.4'] }, ['10.0.7.4'], '10.0.7.4'],
    [
      'dual stack',
      { ipv4: ['10.0.7.4'], ipv6: ['2600:1F14::4'] },
      ['10.0.7.4', '2600:1f14::4'],
      '10.0.7.4',
    ],
    ['IPv6-only', { ipv6: ['2600:1f14::4'] }, ['2600:1f14::4'], '2600:1f14::4'],
    [
      'an empty list of one family',
      { ipv4: ['10.0.7.4'], ipv6: [] },
      ['10.0.7.4'],
      '10.0.7.4',
    ],
  ])(
    'with %s take one request, and none to EC2',
    async (_name, network, addresses, primary) => {
      const task = await running(FakeEcsMetadata.start(network));
      const imds = await running(FakeEc2Metadata.start());
      const { found, now, lines } = await discover(
        {},
        machineWith({ ...imds.env, ...task.env }),
      );
      expect(now()).toEqual(addresses);
      expect(found.primary).toBe(primary);
      expect(found.all[0]?.source).toBe('ecs');
      expect(task.requests).toHaveLength(1);
      expect(imds.connections).toBe(0);
      expect(lines.logs).toEqual([expect.stringMatching(/\(ecs, \d+ ms\)\.$/)]);
    },
  );

  it.each([
    ['host', undefined],
    ['bridge', ['172.17.0.2']],
    ['default', ['172.17.0.2']],
  ] as const)(
    'in network mode %s are those of its EC2 instance, and the log contains the reason',
    async (mode, ipv4) => {
      const task = await running(
        FakeEcsMetadata.start({ mode, ...(ipv4 && { ipv4 }) }),
      );
      const imds = await running(FakeEc2Metadata.start());
      const { found, lines } = await discover(
        {},
        machineWith({ ...imds.env, ...task.env }),
      );
      expect(found.all).toEqual([{ address: '10.0.3.17', source: 'ec2' }]);
      expect(lines.logs).toEqual([
        expect.stringMatching(
          new RegExp(
            `\\(ec2, \\d+ ms\\)\\. EC2 was queried, too: load balancers reach a task in network mode "${mode}" at the address of its instance\\.$`,
          ),
        ),
      ]);
    },
  );

  it('in network mode host, but not on EC2 (ECS Anywhere), must be listed by the operator', async () => {
    const task = await running(FakeEcsMetadata.start({ mode: 'host' }));
    const { lines, now } = await discover({}, machineWith(task.env));
    expect(now()).toEqual([]);
    expect(lines.warnings[0]).toMatch(
      /ecs: load balancers reach a task in network mode "host" .* not on EC2: add the address of its host to the option "hosts"/,
    );
  });

  it.each<[string, Fault, RegExp]>([
    [
      'no response',
      { kind: 'silence' },
      /ecs: GET http:\/\/127\.0\.0\.1:\d+\/v4\/\S+ connected but got no response within \d+ ms\. Check whether the ECS agent runs/,
    ],
    [
      'status 500',
      { kind: 'status', status: 500 },
      /status 500\. Check whether the ECS agent runs/,
    ],
    [
      'something other than JSON',
      { kind: 'html' },
      /"<\?xml .* is not JSON\. This is not ECS task metadata version 4/,
    ],
    ['null', { kind: 'body', body: 'null' }, /it has no "Networks"/],
    [
      'no networks',
      { kind: 'body', body: '{"Networks":[]}' },
      /it has no "Networks"/,
    ],
    [
      'networks that are not objects',
      { kind: 'body', body: '{"Networks":["awsvpc"]}' },
      /its "Networks" are not objects/,
    ],
    [
      'networks of which one is not an object',
      {
        kind: 'body',
        body: '{"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["10.0.7.4"]},"x"]}',
      },
      /its "Networks" are not objects/,
    ],
    [
      'an empty mode',
      { kind: 'body', body: '{"Networks":[{"NetworkMode":""}]}' },
      /it has no "NetworkMode"/,
    ],
    [
      'no mode',
      { kind: 'body', body: '{"Networks":[{"IPv4Addresses":["10.0.7.4"]}]}' },
      /it has no "NetworkMode"/,
    ],
    [
      'no address',
      { kind: 'body', body: '{"Networks":[{"NetworkMode":"awsvpc"}]}' },
      /it has no IP address/,
    ],
    [
      'an invalid address',
      {
        kind: 'body',
        body: '{"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["10.0.7"]}]}',
      },
      /"10\.0\.7" is not an IP address/,
    ],
    [
      'an address that is an object',
      {
        kind: 'body',
        body: '{"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":{"a":1}}]}',
      },
      /is not an IP address/,
    ],
    [
      'a closed connection in the body',
      { kind: 'cut' },
      /lost its connection before the response was complete/,
    ],
  ])(
    'are never those of the node if task metadata returns %s, and the next refresh succeeds',
    async (_name, fault, message) => {
      const task = await running(FakeEcsMetadata.start());
      const imds = await running(FakeEc2Metadata.start());
      task.fault = fault;
      const { found, lines, now } = await discover(
        { timeoutMs: budgetFor(fault), refreshMs: 10 },
        machineWith({ ...imds.env, ...task.env }),
      );
      expect(now()).toEqual([]);
      expect(lines.warnings).toEqual([expect.stringMatching(message)]);
      task.fault = null;
      await until(() => found.refreshedAt !== null);
      expect(now()).toEqual(['10.0.7.4']);
      expect(imds.connections).toBe(0);
    },
  );

  it('may be null in one family', async () => {
    const task = await running(FakeEcsMetadata.start());
    task.fault = {
      kind: 'body',
      body: '{"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["10.0.7.4"],"IPv6Addresses":null}]}',
    };
    const { now } = await discover({}, machineWith(task.env));
    expect(now()).toEqual(['10.0.7.4']);
  });

  it('in network mode bridge are not requested from EC2 if AWS_EC2_METADATA_DISABLED is "true"', async () => {
    const task = await running(FakeEcsMetadata.start({ mode: 'bridge' }));
    const imds = await running(FakeEc2Metadata.start());
    const { found } = await discover(
      {},
      machineWith({
        ...imds.env,
        ...task.env,
        AWS_EC2_METADATA_DISABLED: 'true',
      }),
    );
    expect(found.lastError).toBe(
      'ecs: AWS_EC2_METADATA_DISABLED is "true", which forbids requests',
    );
    expect(imds.connections).toBe(0);
  });

  it('fail with what to do if platform "ecs" is wrong', async () => {
    const { lines } = await discover({ platform: 'ecs' }, machineWith());
    expect(lines.warnings[0]).toMatch(
      /ECS_CONTAINER_METADATA_URI_V4 is not set: .* Set addresses\.platform to "ec2" or "none"/,
    );
  });

  it('are those of EC2 with platform "ec2"', async () => {
    const task = await running(FakeEcsMetadata.start());
    const imds = await running(FakeEc2Metadata.start());
    const { now } = await discover(
      { platform: 'ec2' },
      machineWith({ ...imds.env, ...task.env }),
    );
    expect(now()).toEqual(['10.0.3.17']);
    expect(task.connections).toBe(0);
  });
});
