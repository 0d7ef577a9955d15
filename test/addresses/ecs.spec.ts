import {
  type Fault,
  FakeEc2Metadata,
  FakeEcsMetadata,
} from '../../src/testing/index.js';
import { discover, machineWith, running, until } from './harness.js';

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
  '%s: the addresses of the task, in one request, and EC2 is not asked',
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
  'network mode %s: the load balancer names the instance, so EC2 is asked, and that is said',
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
          `\\(ec2, \\d+ ms\\)\\. So EC2 was asked: a task in network mode "${mode}" is reached at its instance's address\\.$`,
        ),
      ),
    ]);
  },
);

it('host mode off EC2 (ECS Anywhere): EC2 is not asked', async () => {
  const task = await running(FakeEcsMetadata.start({ mode: 'host' }));
  const { lines, now } = await discover({}, machineWith(task.env));
  expect(now()).toEqual([]);
  expect(lines.warnings[0]).toMatch(
    /ecs: a task in network mode "host" .* not on EC2: list the address among the allowed hosts/,
  );
});

it.each<[string, Fault, RegExp]>([
  [
    'never answers',
    { do: 'silence' },
    /connected and got no answer in \d+ ms\. Look whether the ECS agent runs/,
  ],
  [
    '500',
    { do: 'status', status: 500 },
    /status 500\. Look whether the ECS agent runs/,
  ],
  [
    'no JSON',
    { do: 'html' },
    /"<\?xml .* is no JSON\. That is not ECS task metadata version 4/,
  ],
  ['no object', { do: 'body', body: 'null' }, /it names no "Networks"/],
  [
    'no networks',
    { do: 'body', body: '{"Networks":[]}' },
    /it names no "Networks"/,
  ],
  [
    'networks that are none',
    { do: 'body', body: '{"Networks":["awsvpc"]}' },
    /its "Networks" are none/,
  ],
  [
    'no mode',
    { do: 'body', body: '{"Networks":[{"IPv4Addresses":["10.0.7.4"]}]}' },
    /it names no "NetworkMode"/,
  ],
  [
    'no address',
    { do: 'body', body: '{"Networks":[{"NetworkMode":"awsvpc"}]}' },
    /it names no address/,
  ],
  [
    'addresses that are none',
    {
      do: 'body',
      body: '{"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["10.0.7"]}]}',
    },
    /"10\.0\.7" is not an IP address/,
  ],
  [
    'addresses that are no text',
    {
      do: 'body',
      body: '{"Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":{"a":1}}]}',
    },
    /is not an IP address/,
  ],
  ['closed mid-body', { do: 'cut' }, /closed before the answer was whole/],
])(
  'task metadata: %s: the node is not asked instead, and the next refresh mends it',
  async (_name, fault, message) => {
    const task = await running(FakeEcsMetadata.start());
    const imds = await running(FakeEc2Metadata.start());
    task.fault = fault;
    const { found, lines, now } = await discover(
      { timeoutMs: 200, refreshMs: 10 },
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

it('says what to do where it was told "ecs" and is none', async () => {
  const { lines } = await discover({ platform: 'ecs' }, machineWith());
  expect(lines.warnings[0]).toMatch(
    /ECS_CONTAINER_METADATA_URI_V4 is not set\. .* set addresses\.platform to "ec2" or "none"/,
  );
});

it('obeys who says "ec2" in a task', async () => {
  const task = await running(FakeEcsMetadata.start());
  const imds = await running(FakeEc2Metadata.start());
  const { now } = await discover(
    { platform: 'ec2' },
    machineWith({ ...imds.env, ...task.env }),
  );
  expect(now()).toEqual(['10.0.3.17']);
  expect(task.connections).toBe(0);
});
