import { Inject, Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import { AllowedHosts } from '../index.js';

/**
 * Counts refusals as `allowed_hosts.refusals`, in requests, with the labels `reason`, `source` and `enforced`. The host
 * is not a label: clients choose it, so the number of its values is unbounded. This is an entry of its own, so that
 * only applications that use it load `@opentelemetry/api`.
 *
 * @example
 * ```ts
 * import { AllowedHostsMetrics } from 'nestjs-allowed-hosts/opentelemetry';
 *
 * \@Module({
 *   imports: [AllowedHostsModule.forRoot({ hosts: ['example.com'] })],
 *   providers: [AllowedHostsMetrics],
 * })
 * export class AppModule {}
 * ```
 */
@Injectable()
export class AllowedHostsMetrics {
  constructor(@Inject(AllowedHosts) allowedHosts: AllowedHosts) {
    const refusals = metrics
      .getMeter('nestjs-allowed-hosts')
      .createCounter('allowed_hosts.refusals', {
        description: 'Requests refused because of a host that they name',
        unit: '{request}',
      });
    // The subscription ends when the application has closed, so refusals during the drain are counted, too.
    allowedHosts.refusals$.subscribe(({ reason, source, enforced }) =>
      refusals.add(1, { reason, source, enforced }),
    );
  }
}
