import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AllowedHostsPolicy } from '../allowed-hosts.policy.js';
import {
  ALLOWED,
  unavailable,
  type Disallowed,
} from '../allowed-hosts.verdict.js';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { Refusals } from '../refusals/refusals.js';
import { SeenHosts } from '../refusals/seen-hosts.js';
import { HeldResponses } from './held-responses.js';
import { Openings, type Opening } from './openings.js';
import { prependHandler } from './prepend-handler.js';
import { RefusedAtServer } from './refused-at-server.js';

/** Where a request goes; with a refusal, nowhere. */
export type Passage = Opening['passage'] | Disallowed;

/**
 * The policy's first caller: it runs before body parsing, middleware, static files, CORS, unmatched routes and everything
 * else in the application. In the framework it refuses through Nest's exception layer.
 */
@Injectable()
export class AllowedHostsGate implements OnModuleInit {
  readonly #refused = new RefusedAtServer();
  #failure: unknown;

  constructor(
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(Openings) private readonly openings: Openings,
    @Inject(HeldResponses) private readonly held: HeldResponses,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(SeenHosts) private readonly seen: SeenHosts | null,
  ) {
    // With Test.createTestingModule the adapter is set after the providers; without HTTP it is never set.
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      // RxJS would report an error here as uncaught.
      try {
        if (!httpAdapter) return;
        prependHandler(httpAdapter, this);
        this.openings.routes.watch(httpAdapter);
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

  /** Whether the list allows a request at once. If not, {@link judge} says where it goes. */
  // Stryker disable next-line BlockStatement: fast path, see bench
  admits(request: AnyRequest): boolean {
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (this.policy.verdictFor(request) !== ALLOWED) return false;
    this.seen?.countAllowed(request);
    // Stryker disable next-line BooleanLiteral: fast path, see bench
    return true;
  }

  /** Stores a refusal for the first handler of the framework, which gets the request next. */
  refuseFinally(request: HostRequest, refused: Disallowed): void {
    this.policy.settle(request, refused);
    this.#refused.give(request, refused);
  }

  /**
   * Where a request goes. The promise never rejects.
   *
   * @param open finds the rules that may allow the request; called only if the list refuses it
   */
  async judge(
    request: AnyRequest,
    open: () => Opening | undefined,
  ): Promise<Passage> {
    const refused = this.#refused.take(rawRequest(request));
    // Stryker disable next-line ConditionalExpression: judged again, it would be refused again
    if (refused) return refused;
    try {
      const verdict = await this.policy.verdictFor(request);
      const opening = verdict.allowed ? undefined : open();
      const passage = verdict.allowed
        ? 'listeners'
        : await this.#through(opening, request);
      if (passage === undefined) {
        const [rule, another] = opening?.rules ?? [];
        const own = another === undefined ? rule : undefined;
        // Stryker disable next-line StringLiteral: in report mode every listener gets every request
        return this.refusals.refuse(verdict, request, own) ?? 'listeners';
      }
      this.seen?.countAllowed(request);
      // Stryker disable all: no error is known; one would refuse the request
      return passage;
    } catch (error) {
      const verdict = unavailable({ source: 'Host', value: undefined }, error);
      return this.refusals.refuse(verdict, request) ?? 'listeners';
    }
    // Stryker restore all
  }

  async #through(
    opening: Opening | undefined,
    request: AnyRequest,
  ): Promise<Opening['passage'] | undefined> {
    if (opening === undefined) return undefined;
    for (const rule of opening.rules)
      if ((await this.policy.verdictUnder(request, rule)).allowed)
        return opening.passage;
    return undefined;
  }

  /** The refusal of the framework's own request, if there is one; on Fastify it is routed already. */
  async refusal(
    request: AnyRequest,
    response: ServerResponse,
  ): Promise<DisallowedHostException | undefined> {
    const how = await this.judge(request, () =>
      this.openings.forRouted(request),
    );
    if (how === 'route') this.held.hold(request, response);
    return typeof how === 'string'
      ? undefined
      : this.refusals.exceptionFor(how);
  }
}
