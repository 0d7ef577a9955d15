import { Inject, Injectable } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { InstanceAddress } from './addresses/address-source.js';
import { InstanceAddresses } from './addresses/instance-addresses.js';
import { AllowedHostsPolicy } from './allowed-hosts.policy.js';
import type { Verdict } from './allowed-hosts.verdict.js';
import { HostLookup } from './dynamic-hosts/host-lookup.js';
import { LiveList } from './dynamic-hosts/live-list.js';
import type { AnyRequest } from './frameworks/any-request.js';
import { toAscii } from './hosts/configured-host.js';
import { parseHostHeader } from './hosts/host-header.js';
import type { Refusal } from './refusals/refusal.js';
import { Refusals } from './refusals/refusals.js';
import { SeenHosts, type SeenHost } from './refusals/seen-hosts.js';

/**
 * The list, the addresses and the refusals, for code of the application.
 *
 * @example
 * constructor(private readonly allowedHosts: AllowedHosts) {
 *   allowedHosts.refusals$.subscribe(({ reason, source }) => this.metrics.count({ reason, source }));
 * }
 */
@Injectable()
export class AllowedHosts {
  /** Each refusal as it happens; completes when the application closes. */
  readonly refusals$: Observable<Refusal>;

  /** @hidden Nest calls it. */
  constructor(
    @Inject(LiveList) private readonly list: LiveList,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(InstanceAddresses)
    private readonly instanceAddresses: InstanceAddresses,
    @Inject(Refusals) refusals: Refusals,
    @Inject(SeenHosts) private readonly seenHosts: SeenHosts | null,
  ) {
    this.refusals$ = refusals.refusals$;
  }

  /** The patterns of the current list, as they were configured, as text. */
  get hosts(): readonly string[] {
    return this.list.current.patterns;
  }

  /** The current addresses of this machine, each with the source that reported it. */
  get addresses(): readonly InstanceAddress[] {
    return this.instanceAddresses.all;
  }

  /**
   * Up to 1000 hosts that requests sent, the most frequent first: candidates for the list. Collected in `report` mode
   * only.
   */
  get seen(): readonly SeenHost[] {
    return this.seenHosts?.all ?? [];
  }

  /**
   * The list's verdict on a request of Express, Fastify or Node. It refuses nothing and logs nothing.
   * Returns a promise if a predicate returns one, or if `lookup` runs.
   *
   * @example
   * const verdict = await this.allowedHosts.check(request);
   * if (!verdict.allowed) this.logger.warn(`${verdict.source}: ${verdict.reason}`);
   */
  check(request: AnyRequest): Verdict | Promise<Verdict> {
    return this.policy.verdictUnder(request, undefined);
  }

  /**
   * Evicts the cached result of `lookup` for a name, or for all names. The name may be spelled as in a pattern.
   *
   * @example
   * await this.domains.delete({ hostname });
   * this.allowedHosts.forget(hostname);
   */
  forget(hostname?: string): void {
    if (hostname === undefined) return this.lookup?.forget();
    const name = toAscii(hostname.trim());
    const host = parseHostHeader(name);
    this.lookup?.forget(host.ok ? host.hostname : name);
  }
}
