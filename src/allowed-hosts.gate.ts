import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AllowedHostsPolicy } from './allowed-hosts.policy.js';
import { ALLOWED, type Verdict } from './allowed-hosts.verdict.js';
import { type AnyRequest, rawRequest } from './framework-request.js';
import type { DisallowedHostException } from './disallowed-host.exception.js';
import { RuledRoutes } from './ruled-routes.js';
import { Refusals } from './refusals/refusals.js';
import { SeenHosts } from './refusals/seen-hosts.js';
import { standFirst } from './stand-first.js';

/**
 * The policy's first caller: it stands before body parsing, middleware, static files, CORS, unmatched routes and
 * everything else in the application, and refuses through Nest's exception layer.
 */
@Injectable()
export class AllowedHostsGate {
  constructor(
    @Inject(HttpAdapterHost) adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(RuledRoutes) private readonly routes: RuledRoutes,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(SeenHosts) private readonly seen: SeenHosts | null,
  ) {
    // Under Test.createTestingModule the adapter comes after the providers; without HTTP it never comes.
    adapterHost.init$.subscribe(() => {
      if (adapterHost.httpAdapter)
        standFirst(adapterHost.httpAdapter, (request) => this.refusal(request));
    });
  }

  /** What to answer instead of serving the request; `undefined` to serve it. A promise for all but the plain case. */
  refusal(
    request: AnyRequest,
  ): Promise<DisallowedHostException | undefined> | undefined {
    const verdict = this.policy.verdict(request);
    return verdict === ALLOWED
      ? this.#serve(request)
      : this.#refuse(verdict, request);
  }

  async #refuse(
    pending: Verdict | Promise<Verdict>,
    request: AnyRequest,
  ): Promise<DisallowedHostException | undefined> {
    const verdict = await pending;
    if (verdict.allowed) return this.#serve(request);
    const { method, url, headers } = rawRequest(request);
    // No route takes a CONNECT of HTTP/1, so no rule of one could allow it. In HTTP/2 it may open a WebSocket.
    const routed = method !== 'CONNECT' || headers[':authority'] !== undefined;
    for (const rule of routed ? this.routes.rulesFor(url) : []) {
      if ((await this.policy.check(request, rule)).allowed) {
        return this.#serve(request);
      }
    }
    return this.refusals.refuse(verdict, request);
  }

  #serve(request: AnyRequest): undefined {
    this.seen?.allow(request);
  }
}
