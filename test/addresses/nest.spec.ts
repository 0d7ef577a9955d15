import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';
import { InstanceAddresses } from '../../src/addresses/instance-addresses.js';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { fullBacklog } from './full-backlog.js';
import {
  fakeTimeouts,
  later,
  Lines,
  machineWith,
  pause,
  running,
  until,
} from './harness.js';

/** Starts an application whose addresses are an async provider. */
async function listen(env: Record<string, string>, timeoutMs: number) {
  const lines = new Lines();
  @Module({
    providers: [
      {
        provide: InstanceAddresses,
        useFactory: () =>
          InstanceAddresses.discover(
            resolveAddressesOptions({ timeoutMs, platform: 'ec2' }),
            lines,
            machineWith(env),
          ),
      },
    ],
  })
  class App {}
  const app = await NestFactory.create(App, { logger: false });
  later(app, () => app.close());
  await app.listen(0, '127.0.0.1');
  const addresses = app.get(InstanceAddresses);
  later(addresses, () => addresses.close());
  return { addresses, lines };
}

describe('a Nest application whose addresses are discovered', () => {
  it('listens with the addresses of its instance', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { addresses } = await listen(imds.env, 60_000);
    expect(addresses.primary).toBe('10.0.3.17');
  });

  it('listens although the metadata service never responds', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'silence' };
    const { addresses, lines } = await listen(imds.env, 1000);
    expect(addresses.primary).toBeNull();
    expect(lines.warnings).toHaveLength(1);
  });

  it('listens although all packets to the metadata service are dropped', async () => {
    const hole = later(await fullBacklog(), (child) => child.stop());
    const { lines } = await listen(
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: hole.url },
      1000,
    );
    expect(lines.warnings).toEqual([
      expect.stringMatching(/could not connect/),
    ]);
  });

  it('waits for exactly its time budget, by the clock of its timers', async () => {
    const BUDGET_MS = 1_000_000;
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'silence' };
    fakeTimeouts();
    let listening = false;
    const application = listen(imds.env, BUDGET_MS).then((app) => {
      listening = true;
      return app;
    });
    await until(() => imds.requests.length > 0);
    jest.advanceTimersByTime(BUDGET_MS - 1);
    await pause(50);
    expect(listening).toBe(false);
    jest.advanceTimersByTime(1);
    const { lines } = await application;
    expect(lines.warnings).toEqual([
      expect.stringMatching(/connected but got no response/),
    ]);
  });
});
