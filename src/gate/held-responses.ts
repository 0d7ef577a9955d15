import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AllowedHostsPolicy } from '../allowed-hosts.policy.js';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { type AnyRequest, rawRequest } from '../framework-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { Refusals } from '../refusals/refusals.js';
import { respondWith } from '../socket-answer.js';

/**
 * A request that a route's rule lets through may be answered by that route alone. Static files and other middleware
 * run before it: what they answer with a status below 400 is replaced by the refusal, until the guard has allowed the
 * request on its route.
 */
@Injectable()
export class HeldResponses {
  readonly #held = new WeakSet<HostRequest>();

  constructor(
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(Refusals) private readonly refusals: Refusals,
  ) {}

  hold(request: AnyRequest, response: ServerResponse): void {
    const raw = rawRequest(request);
    if (this.#held.has(raw)) return;
    this.#held.add(raw);
    const writeHead = response.writeHead.bind(response) as WriteHead;
    response.writeHead = (status: number, ...rest: never[]) => {
      const isOther = status < 400 && this.#held.delete(raw);
      if (isOther && this.refusals.enforced)
        replaceAnswer(response, writeHead, this.#refusalOf(request));
      else {
        if (isOther) void this.#refusalOf(request);
        writeHead(status, ...rest);
      }
      return response;
    };
  }

  /** Lets the route answer. */
  release(request: AnyRequest): void {
    this.#held.delete(rawRequest(request));
  }

  async #refusalOf(
    request: AnyRequest,
  ): Promise<DisallowedHostException | undefined> {
    const verdict = await this.policy.verdict(request);
    return this.refusals.refuse(verdict, request);
  }
}

type WriteHead = (
  status: number,
  ...rest: readonly (OutgoingHttpHeaders | string)[]
) => unknown;

/** Drops what somebody is about to send, and sends the refusal in its place. */
function replaceAnswer(
  response: ServerResponse,
  writeHead: WriteHead,
  refusal: Promise<DisallowedHostException | undefined>,
): void {
  const { write, end } = response;
  const drop = () => {
    response.write = () => true;
    response.end = () => response;
  };
  drop();
  void refusal.then((error) => {
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.writeHead = writeHead as ServerResponse['writeHead'];
    response.write = write;
    response.end = end;
    if (error === undefined) response.destroy();
    else respondWith(response, error);
    drop();
  });
}
