import type { DisallowedHostException } from '../disallowed-host.exception.js';

/**
 * If a cache stored the refusal of one client's Host, it would serve it to
 * every visitor of the site.
 */
export const NO_STORE = 'no-store';

/** What is used of a response of Node. */
interface NodeResponse {
  readonly headersSent: boolean;
  setHeader(name: string, value: string | number): unknown;
}

/**
 * Sets the headers of a refusal on a response. An exception filter runs later,
 * so it can replace them.
 *
 * @param response a response of Express, Fastify or Node; anything else is
 * ignored
 */
export function setRefusalHeaders(
  response: unknown,
  { retryAfter }: DisallowedHostException,
): void {
  const node = nodeResponse(response);
  // A timeout of the application may have responded in the meantime.
  if (node === undefined || node.headersSent) return;
  node.setHeader('Cache-Control', NO_STORE);
  if (retryAfter !== undefined) node.setHeader('Retry-After', retryAfter);
}

/** A reply of Fastify has no `setHeader`; its `raw` is the response of Node. */
function nodeResponse(response: unknown): NodeResponse | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  if ('setHeader' in response && typeof response.setHeader === 'function')
    return response as NodeResponse;
  return 'raw' in response ? nodeResponse(response.raw) : undefined;
}
