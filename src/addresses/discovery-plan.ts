import type { AddressSource, InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import { canonicalAddresses } from './canonical-address.js';
import { Ec2Source } from './ec2.source.js';
import { EcsSource, HostNetworkError } from './ecs.source.js';
import { isImdsDisabled } from './imds-settings.js';
import { InterfacesSource } from './interfaces.source.js';
import type { Machine } from './machine.js';
import { detectPlatform, type DetectedPlatform } from './platform.js';
import { isUsable } from './usable-address.js';

/** What a source returned, validated. */
export interface SourceResult {
  readonly addresses: readonly InstanceAddress[];
  /** Addresses at which no other machine can reach this one. */
  readonly ignored: readonly InstanceAddress[];
  /** A sentence for the log, if the result may be unexpected. */
  readonly note?: string;
}

/** A source of the plan. It may query a second source, depending on the result of the first. */
export interface PlannedSource {
  readonly name: string;
  query(signal: AbortSignal): Promise<SourceResult>;
}

/** The sources to query. Without any, `note` contains the reason. */
export interface DiscoveryPlan {
  readonly sources: readonly PlannedSource[];
  readonly note?: string;
  /** Whether an operator expects addresses on this machine, so that their absence is worth a log line. */
  readonly unexpected?: boolean;
}

/** Selects the sources of this machine's addresses, without the network. */
export function planDiscovery(
  options: ResolvedAddressesOptions,
  machine: Machine,
): DiscoveryPlan {
  if (options.sources.length > 0)
    return { sources: options.sources.map(plannedSource) };
  if (options.platform === 'none')
    return { sources: [], note: 'addresses.platform is "none".' };

  const detected = detectPlatform(machine);
  const platform =
    options.platform === 'auto' ? detected.platform : options.platform;
  const ec2 = new Ec2Source(machine.env, detected.instanceId);
  switch (platform) {
    case 'ecs':
      return { sources: [ecsWithFallback(machine, ec2, detected)] };
    case 'kubernetes': {
      const pod = new InterfacesSource('kubernetes', machine.interfaces);
      return { sources: [plannedSource(pod)] };
    }
    case 'ec2':
      return isImdsDisabled(machine.env)
        ? {
            sources: [],
            note: 'AWS_EC2_METADATA_DISABLED is "true".',
            unexpected: true,
          }
        : { sources: [plannedSource(ec2)] };
    case 'none':
      return { sources: [], note: 'This is neither EC2, ECS nor Kubernetes.' };
  }
}

function plannedSource(source: AddressSource): PlannedSource {
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
            { cause: error },
          );
        const result = await ec2.query(signal);
        return { ...result, note: `EC2 was queried, too: ${error.message}.` };
      }
    },
  };
}
