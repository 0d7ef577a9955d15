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
import { type AnyRequest, rawRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { Refusals } from '../refusals/refusals.js';
import { SeenHosts } from '../refusals/seen-hosts.js';
import { prependHandler } from './prepend-handler.js';
import { EndpointRules } from './endpoint-rules.js';
import { HeldResponses } from './held-responses.js';
import { RefusedAtServer } from './refused-at-server.js';
import { RouteRules } from './route-rules.js';

/**
 * How a request goes on: to all `listeners` of the server; to the framework alone, for an `endpoint` or a `route` with
 * a rule; or not at all.
 */
export type Passage =
  'listeners' | 'endpoint' | 'route' | DisallowedHostException;

/** Rules that let a request through which the list refuses, and how it goes on then. */
export interface Opening {
  readonly rules: Iterable<RouteRule>;
  readonly passage: Exclude<Passage, DisallowedHostException>;
}

/**
 * The policy's first caller: it stands before body parsing, middleware, static files, CORS, unmatched routes and
 * everything else in the application, and refuses through Nest's exception layer.
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
    // Under Test.createTestingModule the adapter comes after the providers; without HTTP it never comes.
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      // RxJS would throw what is thrown here where nobody can catch it.
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

  /** @throws {Error} where the adapter cannot be guarded */
  onModuleInit(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * `undefined` for a request that the list allows at once; otherwise how it goes on. The promise never rejects.
   *
   * @param open what else may let the request through; called only when the list refuses it
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

  /** Hands a refusal to {@link judge} at the front of the framework, which sees the request next. */
  refuseFinally(request: HostRequest, error: DisallowedHostException): void {
    this.policy.keep(request, error.verdict);
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

  /** Judges a request as the framework hands it on, routed where the framework routes first. */
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
