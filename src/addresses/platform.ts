import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ECS_METADATA_URI } from './ecs.source.js';
import { imdsEndpointGiven } from './imds-settings.js';
import type { Machine } from './machine.js';

/** What files and environment say about where the application runs. */
export interface Detected {
  readonly platform: 'ec2' | 'ecs' | 'kubernetes' | 'none';
  /** Whether the machine below a container is an EC2 instance. */
  readonly onEc2: boolean;
  /** Where the firmware tells it (Nitro). */
  readonly instanceId?: string;
}

/**
 * Finds out without the network, in well under a millisecond. A task or a pod comes before the instance that
 * carries it, for instance metadata would name the node's addresses there.
 */
export function detectPlatform(
  machine: Pick<Machine, 'env' | 'root'>,
): Detected {
  const { env } = machine;
  const onEc2 = imdsEndpointGiven(env) || looksLikeEc2(machine.root);
  const instanceId = instanceIdOf(machine.root);
  const platform = env[ECS_METADATA_URI]
    ? 'ecs'
    : env['KUBERNETES_SERVICE_HOST']
      ? 'kubernetes'
      : onEc2
        ? 'ec2'
        : 'none';
  return {
    platform,
    onEc2: onEc2 || env['AWS_EXECUTION_ENV'] === 'AWS_ECS_EC2',
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}

const DMI = 'sys/devices/virtual/dmi/id';

/**
 * Nitro and bare metal name themselves in files that everyone may read. Xen has its generation in the
 * hypervisor's UUID, which on another cloud begins with `ec2` once in 4096 machines: hence the second look.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
 */
function looksLikeEc2(root: string): boolean {
  const named = ['sys_vendor', 'bios_vendor'].some((file) =>
    read(root, DMI, file).startsWith('Amazon EC2'),
  );
  if (named || instanceIdOf(root) !== undefined) return true;
  if (!/^ec2/i.test(read(root, 'sys/hypervisor', 'uuid'))) return false;
  const bios = read(root, DMI, 'bios_version');
  return bios === '' || bios.toLowerCase().includes('amazon');
}

function instanceIdOf(root: string): string | undefined {
  const tag = read(root, DMI, 'board_asset_tag');
  return /^i-[0-9a-f]{8,17}$/.test(tag) ? tag : undefined;
}

/** Absent and unreadable files say nothing, as on every machine that is not EC2. */
function read(...path: readonly string[]): string {
  try {
    return readFileSync(join(...path), 'utf8').trim();
  } catch {
    return '';
  }
}
