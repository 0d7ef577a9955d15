import type { AddressSource } from './address-source.js';
import { canonicalAddresses } from './canonical-address.js';
import type { PlannedSource } from './discovery-plan.js';
import { Ec2Source } from './ec2.source.js';
import { EcsSource, HostNetworkError } from './ecs.source.js';
import { InterfacesSource } from './interfaces.source.js';
import type { Machine } from './machine.js';
import type { DetectedPlatform } from './platform.js';
import { isUsable } from './usable-address.js';

/**
 * The sources of a platform. This file and all that it imports are loaded only
 * on such a platform, or for sources of the application.
 */
export function sourcesOf(
  platform: 'ec2' | 'ecs' | 'kubernetes',
  machine: Machine,
  detected: DetectedPlatform,
): readonly PlannedSource[] {
  const ec2 = new Ec2Source(machine.env, detected.instanceId);
  switch (platform) {
    case 'ecs':
      return [ecsWithFallback(machine, ec2, detected)];
    case 'kubernetes':
      return [
        plannedSource(new InterfacesSource('kubernetes', machine.interfaces)),
      ];
    case 'ec2':
      return [plannedSource(ec2)];
  }
}

export function plannedSource(source: AddressSource): PlannedSource {
  return {
    name: source.name,
    query: async (signal) => {
      const returned = canonicalAddresses(await source.addresses(signal)).map(
        (address) => ({ address, source: source.name }),
      );
      return {
        addresses: returned.filter(({ address }) => isUsable(address)),
        ignored: returned.filter(({ address }) => !isUsable(address)),
      };
    },
  };
}

/** The task's own addresses, or those of its EC2 instance if load balancers reach the task there. */
function ecsWithFallback(
  { env }: Machine,
  instance: AddressSource,
  { onEc2 }: DetectedPlatform,
): PlannedSource {
  const ecs = plannedSource(new EcsSource(env));
  const ec2 = plannedSource(instance);
  return {
    name: ecs.name,
    query: async (signal) => {
      try {
        return await ecs.query(signal);
      } catch (error) {
        if (!(error instanceof HostNetworkError)) throw error;
        if (!onEc2)
          throw new Error(
            `${error.message}, and this one is not on EC2: add the address of its host to the option "hosts"`,
          );
        const result = await ec2.query(signal);
        return { ...result, note: `EC2 was queried, too: ${error.message}.` };
      }
    },
  };
}
