import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AllowedHostsPolicy } from '../allowed-hosts.policy.js';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { type AnyRequest, rawRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { Refusals } from '../refusals/refusals.js';
import { respondWith } from './raw-response.js';

/**
 * Only the route itself may respond to a request that its rule allows. Static files and other middleware run before it:
 * until the guard has allowed the request on its route, a response with a status below 400 is replaced by the refusal.
 */
@Injectable()
export class HeldResponses {
  readonly #held = new WeakMap<HostRequest, HeldResponse>();

  constructor(
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(Refusals) private readonly refusals: Refusals,
  ) {}

  hold(request: AnyRequest, response: ServerResponse): void {
    const raw = rawRequest(request);
    if (this.#held.has(raw)) return;
    const refusal = async () =>
      this.refusals.exceptionFor(
        await this.policy.verdictFor(request),
        request,
      );
    this.#held.set(raw, new HeldResponse(response, refusal));
  }

  /** Lets the route respond. */
  release(request: AnyRequest): void {
    this.#held.get(rawRequest(request))?.open();
  }
}

/** A response whose status is checked before it is sent. */
class HeldResponse {
  #state: 'held' | 'open' | 'dropped' = 'held';

  constructor(
    private readonly response: ServerResponse,
    private readonly refusal: () => Promise<
      DisallowedHostException | undefined
    >,
  ) {
    const writeHead = response.writeHead.bind(response) as Send<ServerResponse>;
    const write = response.write.bind(response) as Send<boolean>;
    const end = response.end.bind(response) as Send<ServerResponse>;
    const flushHeaders = response.flushHeaders.bind(response);
    response.writeHead = (status: number, ...rest: unknown[]) =>
      this.#passes(status) ? writeHead(status, ...rest) : response;
    response.write = (...args: unknown[]) =>
      this.#passes() ? write(...args) : true;
    response.end = (...args: unknown[]) =>
      this.#passes() ? end(...args) : response;
    response.flushHeaders = () => {
      if (this.#passes()) flushHeaders();
    };
  }

  open(): void {
    this.#state = 'open';
  }

  #passes(status = this.response.statusCode): boolean {
    if (this.#state !== 'held') return this.#state === 'open';
    if (status < 400) {
      this.#state = 'dropped';
      void this.#replace();
      return false;
    }
    this.#state = 'open';
    return true;
  }

  /** Drops the response of other code, and sends the refusal instead. */
  async #replace(): Promise<void> {
    const { response } = this;
    const error = await this.refusal();
    this.#state = 'open';
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    if (error === undefined) response.destroy();
    else respondWith(response, error);
    this.#state = 'dropped';
  }
}

type Send<T> = (...args: readonly unknown[]) => T;
