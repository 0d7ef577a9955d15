import { Inject, Injectable } from '@nestjs/common';
import { InstanceAddresses } from './addresses/instance-addresses.js';
import type { RouteRule } from './allowed-hosts.route-rule.js';
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
} from './frameworks/any-request.js';
import {
  claimedHosts,
  type HostClaim,
  type HostRequest,
} from './hosts/claimed-hosts.js';
import type { Host } from './hosts/host-header.js';
import { countHostHeaders } from './hosts/host-headers.js';
import type { HostList } from './hosts/host-list.js';
import { HostLookup } from './dynamic-hosts/host-lookup.js';
import { LiveList } from './dynamic-hosts/live-list.js';
import { withPort } from './hosts/configured-host.js';

/**
 * The one decision. The gate asks it before anything else sees the request, the guard asks it once the route is
 * known; neither decides anything itself.
 */
@Injectable()
export class AllowedHostsPolicy {
  /** Where a request keeps its verdict: cheaper than a WeakMap, and each application has a symbol of its own. */
  readonly #verdict = Symbol('allowed-hosts verdict');
  /** Where it keeps what code of the application answered about its hosts. */
  readonly #answers = Symbol('allowed-hosts answers');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly addresses: InstanceAddresses,
    private readonly list: LiveList,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
  ) {}

  /** The list's verdict on a request, worked out once: the guard reads what the gate found. */
  verdictFor(request: AnyRequest): Verdict | Promise<Verdict> {
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

  /** Makes a verdict final, also for the framework's request: the gate has refused the request at the server. */
  keep(request: HostRequest, verdict: Verdict): void {
    (request as Remembering)[this.#verdict] = verdict;
  }

  /** The verdict under a route's rule. A promise only where a predicate of the user's gives one, or `lookup` asks. */
  verdictUnder(
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
      countHostHeaders(rawHeaders) === 1 &&
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
    if (rule?.kind === 'hosts') return this.#matches(rule.list, host, request);
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
    const listed = this.#matches(this.list.current, host, request);
    const { lookup } = this;
    if (listed === true || lookup === null || host.kind !== 'name')
      return listed;
    const { hostname } = host;
    const find = () =>
      this.#once(request, lookup, hostname, () => lookup.allows(hostname));
    return listed === false
      ? find()
      : listed.then((answer) => answer || find());
  }

  #matches(
    list: HostList,
    host: Host,
    request: AnyRequest,
  ): boolean | Promise<boolean> {
    const matches = () =>
      list.matches(host, request, this.list.predicateFailed);
    return list.hasPredicates
      ? this.#once(request, list, withPort(host), matches)
      : matches();
  }

  /** Code of the application is called once for a request and host, however often the request is judged. */
  #once(
    request: AnyRequest,
    asked: object,
    host: string,
    call: () => boolean | Promise<boolean>,
  ): boolean | Promise<boolean> {
    const record = rawRequest(request) as Answering;
    const answers = (record[this.#answers] ??= new Map());
    const known = answers.get(asked)?.get(host);
    if (known !== undefined) return known;
    const answer = call();
    answers.set(asked, (answers.get(asked) ?? new Map()).set(host, answer));
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

type Answering = HostRequest & {
  [key: symbol]:
    Map<object, Map<string, boolean | Promise<boolean>>> | undefined;
};

const SLASH = 47;
