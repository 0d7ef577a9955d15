import { detectPlatform } from '../../src/addresses/platform.js';
import { rootWith } from './harness.js';

const dmi = (files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      `sys/devices/virtual/dmi/id/${name}`,
      `${text}\n`,
    ]),
  );
const nitro = dmi({
  sys_vendor: 'Amazon EC2',
  bios_vendor: 'Amazon EC2',
  bios_version: '1.0',
  product_name: 'm6g.large',
  board_asset_tag: 'i-0af01c0123456789a',
});
const xen = {
  'sys/hypervisor/uuid': 'ec2e1916-9099-7caf-fd21-012345abcdef\n',
  ...dmi({
    sys_vendor: 'Xen',
    bios_vendor: 'Xen',
    bios_version: '4.11.amazon',
  }),
};
const ecs = { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/a' };
const pod = { KUBERNETES_SERVICE_HOST: '10.100.0.1' };
const endpoint = { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' };

describe('the platform', () => {
  it.each([
    // Only root can read product_uuid, so the detection does not use it.
    [
      'Nitro, as root',
      { ...nitro, ...dmi({ product_uuid: 'ec2f58a0' }) },
      {},
      'ec2',
    ],
    ['Nitro, not as root', nitro, {}, 'ec2'],
    ['Docker on Nitro', nitro, { HOSTNAME: 'b1946ac92492' }, 'ec2'],
    [
      'bare metal',
      dmi({ sys_vendor: 'Amazon EC2', board_asset_tag: 'i-0af01c0123456789a' }),
      {},
      'ec2',
    ],
    [
      'Nitro with its asset tag only',
      dmi({ board_asset_tag: 'i-0af01c0123456789a' }),
      {},
      'ec2',
    ],
    [
      'Nitro with its vendor only',
      dmi({ sys_vendor: 'Amazon EC2' }),
      {},
      'ec2',
    ],
    [
      'Nitro with the vendor of its BIOS only',
      dmi({ bios_vendor: 'Amazon EC2' }),
      {},
      'ec2',
    ],
    [
      'a vendor that begins with that of EC2',
      dmi({ sys_vendor: 'Amazon EC2, LLC' }),
      {},
      'ec2',
    ],
    ['Xen (HVM)', xen, {}, 'ec2'],
    ['Xen (PV, no firmware)', { 'sys/hypervisor/uuid': 'ec2e1916' }, {}, 'ec2'],
    ['Fargate', {}, { ...ecs, AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' }, 'ecs'],
    [
      'an ECS task on EC2',
      nitro,
      { ...ecs, AWS_EXECUTION_ENV: 'AWS_ECS_EC2' },
      'ecs',
    ],
    ['an ECS task with an endpoint set', nitro, { ...ecs, ...endpoint }, 'ecs'],
    ['an EKS pod', nitro, pod, 'kubernetes'],
    ['a pod with an endpoint set', {}, { ...pod, ...endpoint }, 'kubernetes'],
    ['a laptop with an endpoint set', {}, endpoint, 'ec2'],
    [
      'a laptop with an empty endpoint',
      {},
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: '' },
      'none',
    ],
    [
      'a laptop',
      dmi({
        sys_vendor: 'LENOVO',
        bios_vendor: 'LENOVO',
        board_asset_tag: 'Not Available',
      }),
      {},
      'none',
    ],
    ['no /sys at all (macOS, Windows)', {}, {}, 'none'],
    [
      'Google',
      dmi({
        sys_vendor: 'Google',
        bios_vendor: 'Google',
        board_asset_tag: 'A1B2-C3',
      }),
      {},
      'none',
    ],
    [
      'Azure',
      dmi({
        sys_vendor: 'Microsoft Corporation',
        board_asset_tag: '7783-7084-3265-9085-8269-3286-77',
      }),
      {},
      'none',
    ],
    [
      'Xen elsewhere with a UUID that begins with ec2 by chance',
      { ...xen, ...dmi({ bios_version: '4.13.3' }) },
      {},
      'none',
    ],
    [
      'a machine with an asset tag that begins like an instance id',
      dmi({ board_asset_tag: 'i-0af01c0123456789a-2' }),
      {},
      'none',
    ],
    [
      'a machine with an asset tag that ends like an instance id',
      dmi({ board_asset_tag: 'pi-0af01c0123456789a' }),
      {},
      'none',
    ],
    [
      'Xen elsewhere with a UUID that contains ec2',
      { 'sys/hypervisor/uuid': '7d3ec2e1' },
      {},
      'none',
    ],
    ['Xen elsewhere', { 'sys/hypervisor/uuid': '7d3ca6e1' }, {}, 'none'],
  ])('of %s is detected', (_name, files, env, platform) => {
    expect(detectPlatform({ env, root: rootWith(files) }).platform).toBe(
      platform,
    );
  });

  it('includes the instance id if the firmware contains it', () => {
    expect(detectPlatform({ env: {}, root: rootWith(nitro) }).instanceId).toBe(
      'i-0af01c0123456789a',
    );
    expect(detectPlatform({ env: {}, root: rootWith(xen) })).not.toHaveProperty(
      'instanceId',
    );
  });

  it('includes whether a task runs on EC2', () => {
    const onEc2 = (env: Record<string, string>, files = {}) =>
      detectPlatform({ env: { ...ecs, ...env }, root: rootWith(files) }).onEc2;
    expect(onEc2({})).toBe(false);
    expect(onEc2({ AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' })).toBe(false);
    expect(onEc2({ AWS_EXECUTION_ENV: 'AWS_ECS_EC2' })).toBe(true);
    expect(onEc2({}, nitro)).toBe(true);
  });

  it('is detected as if an unreadable file were absent', () => {
    const root = rootWith({
      'sys/devices/virtual/dmi/id/sys_vendor/is/a': 'directory',
    });
    expect(detectPlatform({ env: {}, root }).platform).toBe('none');
  });
});
