import type { InstanceAddress } from './address-source.js';
import type { ResolvedAddressesOptions } from './addresses.options.js';
import { isImdsDisabled } from './imds-environment.js';
import type { Machine } from './machine.js';
import { detectPlatform } from './platform.js';

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
export async function planDiscovery(
  options: ResolvedAddressesOptions,
  machine: Machine,
): Promise<DiscoveryPlan> {
  if (options.sources.length > 0) {
    const { plannedSource } = await import('./planned-sources.js');
    return { sources: options.sources.map(plannedSource) };
  }
  if (options.platform === 'none')
    return { sources: [], note: 'addresses.platform is "none".' };

  const detected = detectPlatform(machine);
  const platform =
    options.platform === 'auto' ? detected.platform : options.platform;
  if (platform === 'none')
    return { sources: [], note: 'This is neither EC2, ECS nor Kubernetes.' };
  if (platform === 'ec2' && isImdsDisabled(machine.env))
    return {
      sources: [],
      note: 'AWS_EC2_METADATA_DISABLED is "true".',
      unexpected: true,
    };
  const { sourcesOf } = await import('./planned-sources.js');
  return { sources: sourcesOf(platform, machine, detected) };
}
