import { Inject, Injectable } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { InstanceAddresses } from '../addresses/instance-addresses.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from '../allowed-hosts.options.js';

/** How much the list and the addresses hold and where they are from, never which they are: `/health` is public. */
@Injectable()
export class HostsIndicator {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(InstanceAddresses) private readonly addresses: InstanceAddresses,
  ) {}

  check(): HealthIndicatorResult {
    const sources = new Set(this.addresses.all.map(({ source }) => source));
    return {
      allowedHosts: {
        status: 'up',
        patterns: this.options.list.patterns.length,
        addresses: this.addresses.all.length,
        addressSources: [...sources],
      },
    };
  }
}
