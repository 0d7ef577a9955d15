import type { Disallowed } from '../allowed-hosts.verdict.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';

type Refused = HostRequest & { url?: string | undefined };

/**
 * Passes a refusal from the server to the first handler of the framework, which sends it through Nest's exception layer.
 * Meanwhile the request has the target `/`: for the original one a router may respond by itself, or throw.
 */
export class RefusedAtServer {
  readonly #refusals = new WeakMap<
    HostRequest,
    {
      readonly refused: Disallowed;
      readonly url: string | undefined;
    }
  >();

  give(request: Refused, refused: Disallowed): void {
    this.#refusals.set(request, { refused, url: request.url });
    request.url = '/';
  }

  take(request: Refused): Disallowed | undefined {
    const refusal = this.#refusals.get(request);
    if (refusal === undefined) return undefined;
    this.#refusals.delete(request);
    const { refused, url } = refusal;
    // Express and Fastify have copied the target.
    Object.assign(request, { url, originalUrl: url });
    return refused;
  }
}
