import { Inject, Injectable } from '@nestjs/common';
import { InstanceAddresses } from './addresses/instance-addresses.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from './allowed-hosts.options.js';
import {
  ALLOWED,
  unavailable,
  unlisted,
  type Verdict,
} from './allowed-hosts.verdict.js';
import {
  type AnyRequest,
  rawRequest,
  trustsForwardedHost,
} from './framework-request.js';
import {
  claimedHosts,
  type HostClaim,
  type HostRequest,
} from './hosts/claimed-hosts.js';
import type { Host } from './hosts/host-header.js';
import { hostLines } from './hosts/host-lines.js';
import type { HostList } from './hosts/host-list.js';
import { HostLookup } from './lists/host-lookup.js';
import { LiveList } from './lists/live-list.js';

/** What stands on a route instead of the list; `undefined` where nothing does. */
export type RouteRule =
  | { readonly kind: 'hosts'; readonly list: HostList }
  | { readonly kind: 'probes' }
  | { readonly kind: 'any' };

/**
 * The one decision. The gate asks it before anything else sees the request, the guard asks it once the route is
 * known; neither decides anything itself.
 */
@Injectable()
export class AllowedHostsPolicy {
  /** Where a request keeps its verdict: cheaper than a WeakMap, and each application has a symbol of its own. */
  readonly #verdict = Symbol('allowed-hosts verdict');
  /** Where it keeps the questions to `lookup` that it had to wait for. */
  readonly #asked = Symbol('allowed-hosts questions');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly addresses: InstanceAddresses,
    private readonly list: LiveList,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
  ) {}

  /** The list's verdict on a request, worked out once: the guard reads what the gate found. */
  verdict(request: AnyRequest): Verdict | Promise<Verdict> {
    // Express' request is Node's own. To read a name of it, as rawRequest does, takes 2,000 instructions there.
    return (request as Remembering)[this.#verdict] ?? this.#verdictOf(request);
  }

  #verdictOf(request: AnyRequest): Verdict | Promise<Verdict> {
    const record = rawRequest(request) as Remembering;
    const known = record[this.#verdict];
    if (known !== undefined) return known;
    const forwarded = this.#readsForwarded(request);
    const verdict = this.#judge(request, undefined, forwarded === true);
    // Only the framework's own request knows whether it trusts its peer: what was judged without it is not kept.
    if (forwarded !== undefined) record[this.#verdict] = verdict;
    return verdict;
  }

  /** The verdict under a route's rule. A promise only where a predicate of the user's gives one, or `lookup` asks. */
  check(
    request: AnyRequest,
    rule: RouteRule | undefined,
  ): Verdict | Promise<Verdict> {
    return this.#judge(request, rule, this.#readsForwarded(request) === true);
  }

  #judge(
    request: AnyRequest,
    rule: RouteRule | undefined,
    forwarded: boolean,
  ): Verdict | Promise<Verdict> {
    const raw = rawRequest(request);
    if (rule === undefined && !forwarded && this.#allowsAsListed(raw))
      return ALLOWED;
    const { claims, fault } = claimedHosts(raw, {
      xForwardedHost: forwarded,
      forwarded: forwarded && this.options.forwardedHost === 'always',
    });
    if (fault && !(fault.reason === 'missing' && rule && rule.kind !== 'hosts'))
      return { allowed: false, ...fault };
    return this.#judgeClaims(claims, 0, request, rule);
  }

  /** Nearly every request names one host, and a listed name allows it as it is written: nothing is parsed. */
  #allowsAsListed({ headers, rawHeaders, url }: HostRequest): boolean {
    return (
      hostLines(rawHeaders) === 1 &&
      url?.charCodeAt(0) === SLASH &&
      headers[':authority'] === undefined &&
      this.list.current.allowsAsListed(headers['host'] as string)
    );
  }

  #judgeClaims(
    claims: readonly HostClaim[],
    from: number,
    request: AnyRequest,
    rule: RouteRule | undefined,
  ): Verdict | Promise<Verdict> {
    for (const [i, claim] of claims.entries()) {
      if (i < from) continue;
      const permitted = this.#permits(claim.host, request, rule);
      if (permitted instanceof Promise) {
        return permitted.then(
          (answer) =>
            answer
              ? this.#judgeClaims(claims, i + 1, request, rule)
              : unlisted(claim),
          (error: unknown) => unavailable(claim, error),
        );
      }
      if (!permitted) return unlisted(claim);
    }
    return ALLOWED;
  }

  #permits(
    host: Host,
    request: AnyRequest,
    rule: RouteRule | undefined,
  ): boolean | Promise<boolean> {
    if (rule?.kind === 'any') return true;
    if (rule?.kind === 'hosts')
      return rule.list.matches(host, request, this.list.predicateFailed);
    if (
      rule?.kind === 'probes' &&
      (host.kind !== 'name' || host.hostname === 'localhost')
    )
      return true;
    if (
      host.kind !== 'name' &&
      this.addresses.allowOn === 'everywhere' &&
      this.addresses.has(host.hostname)
    )
      return true;
    const listed = this.list.current.matches(host, request);
    if (listed === true || this.lookup === null || host.kind !== 'name')
      return listed;
    const { lookup } = this;
    const { hostname } = host;
    return listed === false
      ? this.#lookUp(lookup, hostname, request)
      : listed.then(
          (answer) => answer || this.#lookUp(lookup, hostname, request),
        );
  }

  /** What was asked for a request is not asked again, however often it is judged: by gate, guard and rules. */
  #lookUp(
    lookup: HostLookup,
    hostname: string,
    request: AnyRequest,
  ): boolean | Promise<boolean> {
    const record = rawRequest(request) as Asking;
    const asked = record[this.#asked]?.get(hostname);
    if (asked) return asked;
    const answer = lookup.allows(hostname);
    if (answer instanceof Promise)
      (record[this.#asked] ??= new Map()).set(hostname, answer);
    return answer;
  }

  /** Whether the request has headers of a proxy that count; `undefined` while only the framework could tell. */
  #readsForwarded(request: AnyRequest): boolean | undefined {
    const { headers } = rawRequest(request);
    const present = headers['x-forwarded-host'] !== undefined;
    if (this.options.forwardedHost === 'always')
      return present || headers['forwarded'] !== undefined;
    return present ? trustsForwardedHost(request) : false;
  }
}

type Remembering = HostRequest & {
  [key: symbol]: Verdict | Promise<Verdict> | undefined;
};

type Asking = HostRequest & {
  [key: symbol]: Map<string, Promise<boolean>> | undefined;
};

const SLASH = 47;
