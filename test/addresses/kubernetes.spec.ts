import type { NetworkInterfaceInfo } from 'node:os';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { discover, machineWith, running } from './harness.js';

const address = (text: string, internal = false): NetworkInterfaceInfo => {
  const common = { address: text, netmask: '', mac: '', internal, cidr: null };
  return text.includes(':')
    ? { ...common, family: 'IPv6', scopeid: 0 }
    : { ...common, family: 'IPv4' };
};
const pod = { KUBERNETES_SERVICE_HOST: '10.100.0.1' };
const loopback = [address('127.0.0.1', true), address('::1', true)];

describe('a Kubernetes pod', () => {
  it('has the addresses of its interfaces, without loopback and link-local ones, and sends no request to EC2', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { found, now, lines } = await discover(
      {},
      machineWith({ ...imds.env, ...pod }, undefined, {
        lo: [...loopback, address('10.2.0.7', true)],
        eth0: [
          address('2600:1f14::7'),
          address('fe80::1'),
          address('10.0.9.7'),
        ],
        net1: [address('169.254.20.10'), address('10.1.0.7')],
      }),
    );
    expect(now()).toEqual(['10.0.9.7', '10.1.0.7', '2600:1f14::7']);
    expect(found.primary).toBe('10.0.9.7');
    expect(found.all[0]?.source).toBe('kubernetes');
    expect(lines.logs[0]).toMatch(/\(kubernetes, \d+ ms\)\.$/);
    expect(imds.connections).toBe(0);
  });

  it('has its addresses also if EC2 metadata is disabled', async () => {
    const { now } = await discover(
      {},
      machineWith({ ...pod, AWS_EC2_METADATA_DISABLED: 'true' }, undefined, {
        eth0: [address('10.0.9.7')],
      }),
    );
    expect(now()).toEqual(['10.0.9.7']);
  });

  it('has a primary address if it has IPv6 only', async () => {
    const { found } = await discover(
      {},
      machineWith(pod, undefined, { lo: loopback, eth0: [address('fd00::7')] }),
    );
    expect(found.primary).toBe('fd00::7');
  });

  it('logs a warning if it has no address', async () => {
    const { lines } = await discover(
      { platform: 'kubernetes' },
      machineWith({}, undefined, { lo: loopback }),
    );
    expect(lines.warnings[0]).toMatch(
      /kubernetes: no network interface has an address other than loopback and link-local ones$/,
    );
  });
});
