import { Inject, Injectable } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { InstanceAddresses } from '../addresses/instance-addresses.js';
import { LiveList } from '../lists/live-list.js';

/** How much the list and the addresses hold and where they are from, never which they are: `/health` is public. */
@Injectable()
export class HostsIndicator {
  constructor(
    @Inject(LiveList) private readonly list: LiveList,
    @Inject(InstanceAddresses) private readonly addresses: InstanceAddresses,
  ) {}

  check(): HealthIndicatorResult {
    const sources = new Set(this.addresses.all.map(({ source }) => source));
    return {
      allowedHosts: {
        status: 'up',
        patterns: this.list.current.patterns.length,
        addresses: this.addresses.all.length,
        addressSources: [...sources],
      },
    };
  }
}
