import { Inject, Injectable } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { InstanceAddresses } from '../addresses/instance-addresses.js';
import { HostLookup } from '../dynamic-hosts/host-lookup.js';
import { LiveList } from '../dynamic-hosts/live-list.js';

/** How much the list and the addresses hold and where they are from, never which they are: `/health` is public. */
@Injectable()
export class HostsIndicator {
  constructor(
    @Inject(LiveList) private readonly list: LiveList,
    @Inject(InstanceAddresses) private readonly addresses: InstanceAddresses,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
  ) {}

  check(): HealthIndicatorResult {
    const sources = new Set(this.addresses.all.map(({ source }) => source));
    return {
      allowedHosts: {
        status: 'up',
        patterns: this.list.current.patterns.length,
        addresses: this.addresses.all.length,
        addressSources: [...sources],
        listAgeSeconds: ageInSeconds(this.list.changedAt),
        addressesAgeSeconds: ageInSeconds(this.addresses.refreshedAt),
        lookupFailing: this.lookup?.failing !== undefined,
      },
    };
  }
}

/** `null` for what has never been. */
function ageInSeconds(at: number | null): number | null {
  return at === null ? null : Math.round((Date.now() - at) / 1000);
}
