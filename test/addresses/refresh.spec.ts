import { FakeEc2Metadata } from '../../src/testing/index.js';
import { discover, machineWith, running, until } from './harness.js';

it('is live with a changed answer after one refresh, swapped at once', async () => {
  const imds = await running(
    FakeEc2Metadata.start({
      interfaces: [{ ipv4: ['10.0.3.17', '10.0.3.18'] }],
    }),
  );
  const { found, lines, now } = await discover(
    { refreshMs: 10 },
    machineWith(imds.env),
  );
  const first = found.all;
  imds.interfaces = [
    { ipv4: ['10.0.3.17', '10.0.3.19'] },
    { ipv6: ['2600::1'] },
  ];
  await until(() => found.all !== first);
  expect(now()).toEqual(['10.0.3.17', '10.0.3.19', '2600::1']);
  expect(found.has('10.0.3.18')).toBe(false);
  expect(first.map(({ address }) => address)).toEqual([
    '10.0.3.17',
    '10.0.3.18',
  ]);
  expect(lines.logs[1]).toBe(
    'The addresses of this machine changed: 10.0.3.19 added, 2600::1 added, 10.0.3.18 removed.',
  );
  expect(lines.logs).toHaveLength(2);
});

it('keeps its array while nothing changes', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const { found, lines } = await discover(
    { refreshMs: 1 },
    machineWith(imds.env),
  );
  const { all, refreshedAt } = found;
  await until(() => (found.refreshedAt ?? 0) > (refreshedAt ?? 0));
  expect(found.all).toBe(all);
  expect(lines.logs).toHaveLength(1);
});

it('keeps the last good answer while it fails, and says so once, and once when it is mended', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const { found, lines, now } = await discover(
    { refreshMs: 5 },
    machineWith(imds.env),
  );
  const { refreshedAt } = found;
  imds.fault = { do: 'status', status: 503 };
  imds.requests.length = 0;
  await until(() => imds.requests.length > 10);
  expect(now()).toEqual(['10.0.3.17']);
  expect(found.lastError).toMatch(/^ec2: GET .* status 503\./);
  expect(lines.warnings).toEqual([
    expect.stringMatching(
      /^Not all addresses of this machine could be read: still allowed: 10\.0\.3\.17\. It is tried again in the background, and this is said once\. ec2: GET .*/,
    ),
  ]);
  imds.fault = null;
  await until(() => found.lastError === null);
  expect(lines.logs.slice(1)).toEqual([
    'The addresses of this machine are read again.',
  ]);
  expect(found.refreshedAt).toBeGreaterThanOrEqual(refreshedAt ?? 0);
  imds.fault = { do: 'reset' };
  await until(() => lines.warnings.length === 2);
});

it('survives requests that hang, one round after the other', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const { found, now } = await discover(
    { refreshMs: 5, timeoutMs: 100 },
    machineWith(imds.env),
  );
  imds.fault = { do: 'silence' };
  await until(() => found.lastError !== null);
  imds.interfaces = [{ ipv4: ['10.0.3.18'] }];
  imds.fault = null;
  await until(() => found.lastError === null);
  expect(now()).toEqual(['10.0.3.18']);
});

it('never refreshes if so told, once there is an answer', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const { found } = await discover({ refreshMs: 0 }, machineWith(imds.env));
  expect(found).toHaveProperty('timer', undefined);
});

it('tries again after a second where there is no answer yet, even if told never to refresh', async () => {
  const imds = await running(FakeEc2Metadata.start());
  imds.fault = { do: 'status', status: 500 };
  const { now } = await discover({ refreshMs: 0 }, machineWith(imds.env));
  expect(now()).toEqual([]);
  imds.fault = null;
  await until(() => now().length > 0);
});

it('stops when it is closed, also in the middle of a round', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const { found, lines, now } = await discover(
    { refreshMs: 5 },
    machineWith(imds.env),
  );
  imds.fault = { do: 'silence' };
  imds.requests.length = 0;
  await until(() => imds.requests.length > 0);
  found.close();
  imds.fault = null;
  const { connections } = imds;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(imds.connections).toBe(connections);
  expect(lines.warnings).toEqual([]);
  expect(now()).toEqual(['10.0.3.17']);
});
