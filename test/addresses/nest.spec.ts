import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';
import { InstanceAddresses } from '../../src/addresses/instance-addresses.js';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { fullBacklog } from './full-backlog.js';
import { later, Lines, machineWith, running } from './harness.js';

/** Listens with the addresses as an async provider, and tells how long that took. */
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
  const startedAt = performance.now();
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  const tookMs = performance.now() - startedAt;
  const addresses = app.get(InstanceAddresses);
  later(app, () => app.close());
  later(addresses, () => addresses.close());
  return { addresses, lines, tookMs };
}

it('black-holed, an application listens within the budget and 100 ms', async () => {
  const imds = await running(FakeEc2Metadata.start());
  // What Nest itself takes the first time is not the black hole's.
  const { addresses } = await listen(imds.env, 1000);
  expect(addresses.primary).toBe('10.0.3.17');

  const hole = later(await fullBacklog(), (child) => child.stop());
  const { lines, tookMs } = await listen(
    { AWS_EC2_METADATA_SERVICE_ENDPOINT: hole.url },
    1000,
  );
  expect(lines.warnings).toEqual([expect.stringMatching(/could not connect/)]);
  expect(tookMs).toBeLessThan(1100);
});
