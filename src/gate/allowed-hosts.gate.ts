import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AllowedHostsPolicy } from '../allowed-hosts.policy.js';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import {
  ALLOWED,
  unavailable,
  type Verdict,
} from '../allowed-hosts.verdict.js';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { Refusals } from '../refusals/refusals.js';
import { SeenHosts } from '../refusals/seen-hosts.js';
import { EndpointRules } from './endpoint-rules.js';
import { HeldResponses } from './held-responses.js';
import { prependHandler } from './prepend-handler.js';
import { RefusedAtServer } from './refused-at-server.js';
import { RouteRules } from './route-rules.js';

/**
 * Where a request goes: to all `listeners` of the server; to the framework only, for an `endpoint` or a `route` with a
 * rule; or, with an exception, nowhere.
 */
export type Passage =
  'listeners' | 'endpoint' | 'route' | DisallowedHostException;

/** Rules that may allow a request which the list refuses, and where it goes then. */
export interface Opening {
  readonly rules: Iterable<RouteRule>;
  readonly passage: Exclude<Passage, DisallowedHostException>;
}

/**
 * The policy's first caller: it runs before body parsing, middleware, static files, CORS, unmatched routes and everything
 * else in the application, and refuses through Nest's exception layer.
 */
@Injectable()
export class AllowedHostsGate implements OnModuleInit {
  #failure: unknown;

  constructor(
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(RouteRules) private readonly routes: RouteRules,
    @Inject(EndpointRules) private readonly endpoints: EndpointRules,
    @Inject(HeldResponses) private readonly held: HeldResponses,
    @Inject(RefusedAtServer) private readonly refused: RefusedAtServer,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(SeenHosts) private readonly seen: SeenHosts | null,
  ) {
    // With Test.createTestingModule the adapter is set after the providers; without HTTP it is never set.
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      // RxJS would report an error here as uncaught.
      try {
        if (!httpAdapter) return;
        prependHandler(httpAdapter, (request, response) =>
          this.#atFront(request, response),
        );
        this.routes.watch(httpAdapter);
      } catch (error) {
        this.#failure = error;
      }
    });
    this.onModuleInit();
  }

  /** @throws {Error} if the adapter cannot be guarded */
  onModuleInit(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * `undefined` for a request that the list allows at once; otherwise where it goes. The promise never rejects.
   *
   * @param open finds the rules that may allow the request; called only if the list refuses it
   */
  judge(
    request: AnyRequest,
    open: () => Opening | undefined,
  ): Promise<Passage> | undefined {
    const verdict = this.policy.verdictFor(request);
    if (verdict !== ALLOWED) return this.#judge(verdict, request, open);
    this.seen?.countAllowed(request);
    return undefined;
  }

  /** Stores a refusal for the first handler of the framework, which gets the request next. */
  refuseFinally(request: HostRequest, error: DisallowedHostException): void {
    this.policy.settle(request, error.verdict);
    this.refused.give(request, error);
  }

  async #judge(
    pending: Verdict | Promise<Verdict>,
    request: AnyRequest,
    open: () => Opening | undefined,
  ): Promise<Passage> {
    const refused = this.refused.take(rawRequest(request));
    if (refused) return refused;
    try {
      const verdict = await pending;
      const opening = verdict.allowed ? undefined : open();
      const passage = verdict.allowed
        ? 'listeners'
        : await this.#through(opening, request);
      if (passage === undefined) {
        const [rule, another] = opening?.rules ?? [];
        const own = another === undefined ? rule : undefined;
        return this.refusals.exceptionFor(verdict, request, own) ?? 'listeners';
      }
      this.seen?.countAllowed(request);
      return passage;
    } catch (error) {
      const verdict = unavailable({ source: 'Host', value: undefined }, error);
      return this.refusals.exceptionFor(verdict, request) ?? 'listeners';
    }
  }

  async #through(
    opening: Opening | undefined,
    request: AnyRequest,
  ): Promise<Opening['passage'] | undefined> {
    for (const rule of opening?.rules ?? [])
      if ((await this.policy.verdictUnder(request, rule)).allowed)
        return this.refusals.enforced ? opening?.passage : 'listeners';
    return undefined;
  }

  /** Judges the framework's own request; on Fastify it is routed already. */
  #atFront(
    request: AnyRequest,
    response: ServerResponse,
  ): Promise<DisallowedHostException | undefined> | undefined {
    const passage = this.judge(request, () => this.#openingAtFront(request));
    return passage?.then((how) => {
      if (how === 'route') this.held.hold(request, response);
      return typeof how === 'string' ? undefined : how;
    });
  }

  #openingAtFront(request: AnyRequest): Opening {
    const endpoint = this.endpoints.atGraphql(rawRequest(request));
    return endpoint.length > 0
      ? { rules: endpoint, passage: 'endpoint' }
      : { rules: this.routes.on(request), passage: 'route' };
  }
}
