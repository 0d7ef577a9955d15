import { jest } from '@jest/globals';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import {
  discover,
  later,
  machineWith,
  pause,
  running,
  until,
} from './harness.js';

describe('a refresh', () => {
  it('replaces changed addresses in one step', async () => {
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
      "This machine's addresses changed: 10.0.3.19 added, 2600::1 added, 10.0.3.18 removed.",
    );
    expect(lines.logs).toHaveLength(2);
  });

  it('keeps the array of unchanged addresses', async () => {
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

  it('keeps the last addresses while it fails, and logs the failure and its end once each', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { found, lines, now } = await discover(
      { refreshMs: 5 },
      machineWith(imds.env),
    );
    const { refreshedAt } = found;
    imds.fault = { kind: 'status', status: 503 };
    imds.requests.length = 0;
    await until(() => imds.requests.length > 10);
    expect(now()).toEqual(['10.0.3.17']);
    expect(found.lastError).toMatch(/^ec2: GET .* returned status 503\./);
    expect(lines.warnings).toEqual([
      expect.stringMatching(
        /^Could not read all of this machine's addresses\. Still allowed: 10\.0\.3\.17\. Retrying in the background \(logged once\)\. ec2: GET .*/,
      ),
    ]);
    imds.fault = null;
    await until(() => found.lastError === null);
    expect(lines.logs.slice(1)).toEqual([
      "Reading this machine's addresses works again.",
    ]);
    expect(found.refreshedAt).toBeGreaterThanOrEqual(refreshedAt ?? 0);
    imds.fault = { kind: 'reset' };
    await until(() => lines.warnings.length === 2);
  });

  it('succeeds again after requests without a response', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { found, now } = await discover(
      { refreshMs: 5, timeoutMs: 1000 },
      machineWith(imds.env),
    );
    imds.fault = { kind: 'silence' };
    await until(() => found.lastError !== null);
    imds.interfaces = [{ ipv4: ['10.0.3.18'] }];
    imds.fault = null;
    await until(() => found.lastError === null);
    expect(now()).toEqual(['10.0.3.18']);
  });

  it.each([
    [0, []],
    [12_345, [12_345]],
  ])(
    'with refreshMs %d is scheduled after %j ms',
    async (refreshMs, delays) => {
      const imds = await running(FakeEc2Metadata.start());
      const timers = later(jest.spyOn(globalThis, 'setTimeout'), (spy) =>
        spy.mockRestore(),
      );
      await discover({ timeoutMs: 54_321, refreshMs }, machineWith(imds.env));
      expect(timers.mock.calls.map(([, delay]) => delay)).toEqual([
        54_321,
        ...delays,
      ]);
    },
  );

  it('retries until there is a first result, also with refreshMs 0', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'status', status: 500 };
    const { now } = await discover({ refreshMs: 0 }, machineWith(imds.env));
    expect(now()).toEqual([]);
    imds.fault = null;
    await until(() => now().length > 0);
  });

  it.each([
    [0, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]],
    [5000, [1000, 2000, 4000, 5000, 5000]],
    [120_000, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000]],
  ])(
    'with refreshMs %d follows %j ms after each failure of the first result',
    async (refreshMs, delays) => {
      jest.useFakeTimers();
      later(undefined, () => jest.useRealTimers());
      const queriedAt: number[] = [];
      const failing = async () => {
        queriedAt.push(Date.now());
        throw new Error('not yet');
      };
      const sources = [
        { name: 'good', addresses: async () => ['10.0.0.1'] },
        { name: 'bad', addresses: failing },
      ];
      await discover({ sources, refreshMs }, machineWith());
      await jest.advanceTimersByTimeAsync(
        delays.reduce((sum, delay) => sum + delay),
      );
      const waited = queriedAt
        .slice(1)
        .map((at, i) => at - (queriedAt[i] ?? 0));
      expect(waited).toEqual(delays);
    },
  );

  it('ends at once when the addresses are closed, and none follows', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { found, lines, now } = await discover(
      { refreshMs: 5 },
      machineWith(imds.env),
    );
    imds.fault = { kind: 'silence' };
    imds.requests.length = 0;
    // A refresh begins with three requests in parallel. None of them gets a response.
    await until(() => imds.requests.length === 3);
    found.close();
    imds.fault = null;
    // Connections are accepted in order: after this one, all that were opened before close() are counted.
    await fetch(imds.url);
    const { connections } = imds;
    await pause(60);
    expect(imds.connections).toBe(connections);
    expect(lines.warnings).toEqual([]);
    expect(now()).toEqual(['10.0.3.17']);
  });
});
