import { Injectable } from '@nestjs/common';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';

type Refused = HostRequest & {
  url?: string | undefined;
  originalUrl?: string;
};

/**
 * Passes a refusal from the server to the first handler of the framework, which sends it through Nest's exception layer.
 * Meanwhile the request has the target `/`: for the original one a router may respond by itself, or throw.
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
    // Express and Fastify have copied the target.
    if (url !== undefined && request.originalUrl !== undefined)
      request.originalUrl = url;
    return error;
  }
}
