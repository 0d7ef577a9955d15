import { Inject, Injectable } from '@nestjs/common';
import { InstanceAddresses } from './addresses/instance-addresses.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from './allowed-hosts.options.js';
import { RequestStates } from './allowed-hosts.request-state.js';
import type { RouteRule } from './allowed-hosts.route-rule.js';
import {
  ALLOWED,
  unavailable,
  unlisted,
  type Verdict,
} from './allowed-hosts.verdict.js';
import { HostLookup } from './dynamic-hosts/host-lookup.js';
import { LiveList } from './dynamic-hosts/live-list.js';
import {
  rawRequest,
  trustsForwardedHost,
  type AnyRequest,
} from './frameworks/any-request.js';
import { SLASH } from './hosts/character-codes.js';
import {
  claimedHosts,
  type HostClaim,
  type HostRequest,
} from './hosts/claimed-hosts.js';
import { withPort } from './hosts/configured-host.js';
import type { Host } from './hosts/host-header.js';
import { mayRepeatHost } from './hosts/host-headers.js';
import type { HostList } from './hosts/host-list.js';

/**
 * THE decision: a request, and perhaps the rule of its route, in; a verdict out. The gate calls it before anything else
 * sees the request, the guard calls it once the route is known. Neither decides anything itself.
 */
@Injectable()
export class AllowedHostsPolicy {
  readonly #states = new RequestStates();

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(InstanceAddresses) private readonly addresses: InstanceAddresses,
    @Inject(LiveList) private readonly list: LiveList,
    @Inject(HostLookup) private readonly lookup: HostLookup | null,
  ) {}

  /**
   * The list's verdict on a request. It is computed once: the guard reads what the gate stored. A promise only where a
   * predicate returns one, or `lookup` runs.
   */
  verdictFor(request: AnyRequest): Verdict | Promise<Verdict> {
    return this.#states.verdictOn(request) ?? this.#compute(request);
  }

  /** Stores a final verdict: the gate has refused the request at the server. */
  // Stryker disable next-line BlockStatement: it differs only if the list changes before the framework gets the request
  settle(request: HostRequest, verdict: Verdict): void {
    this.#states.of(rawRequest(request)).verdict = verdict;
  }

  /** The verdict under a route's rule. It is not stored. */
  verdictUnder(
    request: AnyRequest,
    rule: RouteRule | undefined,
  ): Verdict | Promise<Verdict> {
    return this.#judge(request, rule, this.#readsForwarded(request) === true);
  }

  #compute(request: AnyRequest): Verdict | Promise<Verdict> {
    const raw = rawRequest(request);
    const state = this.#states.of(raw);
    if (state.verdict !== undefined) return state.verdict;
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (this.#allowsAsListed(raw)) return (state.verdict = ALLOWED);
    const forwarded = this.#readsForwarded(request);
    const verdict = this.#judge(request, undefined, forwarded === true);
    // Only the framework's own request knows whether it trusts its peer: without it the verdict is not stored.
    if (forwarded !== undefined) state.verdict = verdict;
    return verdict;
  }

  #judge(
    request: AnyRequest,
    rule: RouteRule | undefined,
    forwarded: boolean,
  ): Verdict | Promise<Verdict> {
    const { claims, fault } = claimedHosts(rawRequest(request), {
      xForwardedHost: forwarded,
      forwarded: forwarded && this.options.forwardedHost === 'always',
    });
    if (fault && !(fault.reason === 'missing' && rule && rule.kind !== 'hosts'))
      return { allowed: false, ...fault };
    return this.#judgeClaims(claims, 0, request, rule);
  }

  /** Fast path: nearly every request names one listed host, which needs no parsing. */
  // Stryker disable next-line BlockStatement: fast path, see bench
  #allowsAsListed({ headers, rawHeaders, url }: HostRequest): boolean {
    return (
      // Stryker disable next-line ConditionalExpression: fast path, see bench
      rawHeaders !== undefined &&
      !mayRepeatHost(rawHeaders) &&
      url?.charCodeAt(0) === SLASH &&
      // Stryker disable next-line EqualityOperator: fast path, see bench
      headers[':authority'] === undefined &&
      !this.#namesForwarded(headers) &&
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
          (isAllowed) =>
            isAllowed
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
      this.#states
        .of(rawRequest(request))
        .once(lookup, hostname, () => lookup.allows(hostname));
    return listed === false
      ? find()
      : listed.then((isAllowed) => isAllowed || find());
  }

  #matches(
    list: HostList,
    host: Host,
    request: AnyRequest,
  ): boolean | Promise<boolean> {
    const matches = () =>
      list.matches(host, request, this.list.predicateFailed);
    return list.hasPredicates
      ? this.#states.of(rawRequest(request)).once(list, withPort(host), matches)
      : matches();
  }

  /** Whether headers of a proxy count; `undefined` if only the framework's own request shows it. */
  #readsForwarded(request: AnyRequest): boolean | undefined {
    // Stryker disable next-line ConditionalExpression,BooleanLiteral: fast path, see bench
    if (!this.#namesForwarded(rawRequest(request).headers)) return false;
    return (
      this.options.forwardedHost === 'always' || trustsForwardedHost(request)
    );
  }

  /** Whether a proxy names a host in a header that may count. */
  #namesForwarded(headers: HostRequest['headers']): boolean {
    return (
      // Stryker disable next-line ConditionalExpression: fast path, see bench
      headers['x-forwarded-host'] !== undefined ||
      // Stryker disable next-line ConditionalExpression,LogicalOperator: fast path, see bench
      (this.options.forwardedHost === 'always' &&
        // Stryker disable next-line ConditionalExpression: fast path, see bench
        headers['forwarded'] !== undefined)
    );
  }
}
