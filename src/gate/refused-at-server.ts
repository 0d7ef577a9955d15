import { Injectable } from '@nestjs/common';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';

type Refused = HostRequest & {
  url?: string | undefined;
  originalUrl?: string;
};

/**
 * Hands a refusal from the server to the handler at the front of the framework, which answers it as a filter expects.
 * On the way the request has the target `/`: a router may answer by itself to the target that was sent, or fail on it.
 */
@Injectable()
export class RefusedAtServer {
  readonly #refusals = new WeakMap<
    HostRequest,
    {
      readonly error: DisallowedHostException;
      readonly url: string | undefined;
    }
  >();

  give(request: Refused, error: DisallowedHostException): void {
    this.#refusals.set(request, { error, url: request.url });
    request.url = '/';
  }

  take(request: Refused): DisallowedHostException | undefined {
    const refusal = this.#refusals.get(request);
    if (refusal === undefined) return undefined;
    this.#refusals.delete(request);
    const { error, url } = refusal;
    if (url !== undefined) request.url = url;
    // Express and Fastify note the target that they were given.
    if (url !== undefined && request.originalUrl !== undefined)
      request.originalUrl = url;
    return error;
  }
}
