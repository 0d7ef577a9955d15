import { metrics } from '@opentelemetry/api';
import { Inject, Injectable } from '@nestjs/common';
import { AllowedHosts } from '../index.js';

/**
 * Counts refusals as `allowed_hosts.refusals`, with the labels `reason`, `source` and `enforced`; never the host,
 * which is the client's to choose. An entry of its own, so that `@opentelemetry/api` is loaded by those who use it.
 *
 * @example
 * import { AllowedHostsMetrics } from 'nestjs-allowed-hosts/opentelemetry';
 *
 * \@Module({ imports: [AllowedHostsModule.forRoot({ hosts: ['example.com'] })], providers: [AllowedHostsMetrics] })
 * export class AppModule {}
 */
@Injectable()
export class AllowedHostsMetrics {
  constructor(@Inject(AllowedHosts) allowedHosts: AllowedHosts) {
    const refusals = metrics
      .getMeter('nestjs-allowed-hosts')
      .createCounter('allowed_hosts.refusals', {
        description: 'Requests refused for the host that they name',
        unit: '{request}',
      });
    // It completes when the application has closed: what is refused while it drains is counted, too.
    allowedHosts.refusals$.subscribe(({ reason, source, enforced }) =>
      refusals.add(1, { reason, source, enforced }),
    );
  }
}
