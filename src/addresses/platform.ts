import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasImdsEndpoint } from './imds-environment.js';
import type { Machine } from './machine.js';

/** What files and environment variables tell about the platform. */
export interface DetectedPlatform {
  readonly platform: 'ec2' | 'ecs' | 'kubernetes' | 'none';
  /** Whether the machine, or the host of the container, is an EC2 instance. */
  readonly onEc2: boolean;
  /** The EC2 instance id, if the firmware contains it (Nitro). */
  readonly instanceId?: string;
}

/**
 * Detects the platform without the network. A task or a pod has precedence over the instance that runs it: instance
 * metadata would return the addresses of the node.
 */
export function detectPlatform(
  machine: Pick<Machine, 'env' | 'root'>,
): DetectedPlatform {
  const { env, root } = machine;
  const instanceId = instanceIdOf(root);
  const onEc2 = hasImdsEndpoint(env) || isEc2Instance(root);
  return {
    platform: platformOf(env, onEc2),
    onEc2: onEc2 || env['AWS_EXECUTION_ENV'] === 'AWS_ECS_EC2',
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}

function platformOf(
  env: Machine['env'],
  onEc2: boolean,
): DetectedPlatform['platform'] {
  if (env[ECS_METADATA_URI]) return 'ecs';
  if (env['KUBERNETES_SERVICE_HOST']) return 'kubernetes';
  return onEc2 ? 'ec2' : 'none';
}

/**
 * Nitro and bare-metal instances have their vendor in files that every user can read. A Xen instance has a hypervisor
 * UUID that begins with `ec2`. On another cloud one random UUID in 4096 begins so, too, hence the check of the BIOS.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
 */
function isEc2Instance(root: string): boolean {
  const isVendor = ['sys_vendor', 'bios_vendor'].some((file) =>
    read(root, DMI, file).startsWith('Amazon EC2'),
  );
  if (isVendor || instanceIdOf(root) !== undefined) return true;
  if (!/^ec2/i.test(read(root, 'sys/hypervisor', 'uuid'))) return false;
  const bios = read(root, DMI, 'bios_version');
  return bios === '' || bios.toLowerCase().includes('amazon');
}

function instanceIdOf(root: string): string | undefined {
  const tag = read(root, DMI, 'board_asset_tag');
  return /^i-[0-9a-f]{8,17}$/.test(tag) ? tag : undefined;
}

/** The text of a file; empty if it is absent or unreadable, as on every machine that is not EC2. */
function read(...path: readonly string[]): string {
  try {
    return readFileSync(join(...path), 'utf8').trim();
  } catch {
    return '';
  }
}

const DMI = 'sys/devices/virtual/dmi/id';
/** The environment variable that the ECS agent sets to the URL of the task metadata. */
export const ECS_METADATA_URI = 'ECS_CONTAINER_METADATA_URI_V4';
