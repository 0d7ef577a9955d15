import type { AddressSource, InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import { Ec2Source } from './ec2.source.js';
import { EcsSource, HostNetworkError } from './ecs.source.js';
import { imdsDisabled } from './imds-settings.js';
import { InterfacesSource } from './interfaces.source.js';
import { canonicalAddresses } from './canonical-address.js';
import type { Machine } from './machine.js';
import { isUsable } from './usable.js';
import { type Detected, detectPlatform } from './platform.js';

/** What a finder found, and a remark where that may surprise. */
export interface Finding {
  readonly addresses: readonly InstanceAddress[];
  /** What was named and cannot be an address that others reach this machine at. */
  readonly ignored: readonly InstanceAddress[];
  readonly remark?: string;
}

/** One place to look, possibly at several sources one after the other. */
export interface Finder {
  readonly name: string;
  find(signal: AbortSignal): Promise<Finding>;
}

/** Where to look, or a sentence that says why nowhere. */
export interface Plan {
  readonly finders: readonly Finder[];
  readonly remark?: string;
  /** Whether who runs the application would look for an address here, and should be told that there is none. */
  readonly surprising?: boolean;
}

/** Decides, without the network, where this application's addresses are looked for. */
export function planFor(
  options: ResolvedAddressesOptions,
  machine: Machine,
): Plan {
  if (options.sources.length > 0)
    return { finders: options.sources.map(fromSource) };
  if (options.platform === 'none')
    return { finders: [], remark: 'addresses.platform is "none".' };

  const detected = detectPlatform(machine);
  const platform =
    options.platform === 'auto' ? detected.platform : options.platform;
  const ec2 = new Ec2Source(machine.env, detected.instanceId);
  switch (platform) {
    case 'ecs':
      return { finders: [taskFinder(machine, ec2, detected)] };
    case 'kubernetes':
      return {
        finders: [
          fromSource(new InterfacesSource('kubernetes', machine.interfaces)),
        ],
      };
    case 'ec2':
      return imdsDisabled(machine.env)
        ? {
            finders: [],
            remark: 'AWS_EC2_METADATA_DISABLED forbids it.',
            surprising: true,
          }
        : { finders: [fromSource(ec2)] };
    case 'none':
      return {
        finders: [],
        remark: 'This is neither EC2, ECS nor Kubernetes.',
      };
  }
}

function fromSource(source: AddressSource): Finder {
  return {
    name: source.name,
    find: async (signal) => {
      const named = canonicalAddresses(await source.addresses(signal)).map(
        (address) => ({ address, source: source.name }),
      );
      return {
        addresses: named.filter(({ address }) => isUsable(address)),
        ignored: named.filter(({ address }) => !isUsable(address)),
      };
    },
  };
}

/** A task's own addresses, or those of the EC2 instance below it where the load balancer names that. */
function taskFinder(
  { env }: Machine,
  instance: AddressSource,
  { onEc2 }: Detected,
): Finder {
  const task = fromSource(new EcsSource(env));
  const host = fromSource(instance);
  return {
    name: task.name,
    find: async (signal) => {
      try {
        return await task.find(signal);
      } catch (error) {
        if (!(error instanceof HostNetworkError)) throw error;
        if (!onEc2)
          throw new Error(
            `${error.message}, and this one is not on EC2: list the address among the allowed hosts`,
            { cause: error },
          );
        const found = await host.find(signal);
        return { ...found, remark: `So EC2 was asked: ${error.message}.` };
      }
    },
  };
}
