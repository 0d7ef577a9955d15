import type { DisallowedHostException } from '../disallowed-host.exception.js';

/** A cached refusal of one client's Host would lock out the site's own visitors. */
export const NO_STORE = 'no-store';

/** A response of Node, as far as it is used here. */
interface NodeResponse {
  readonly headersSent: boolean;
  setHeader(name: string, value: string | number): unknown;
}

/**
 * Sets the headers of a refusal on a response, before an exception filter runs: it may replace them.
 *
 * @param response of Express, Fastify or Node; anything else is left alone
 */
export function setRefusalHeaders(
  response: unknown,
  { retryAfter }: DisallowedHostException,
): void {
  const node = nodeResponse(response);
  // A time limit of the application may have responded meanwhile.
  if (node === undefined || node.headersSent) return;
  node.setHeader('Cache-Control', NO_STORE);
  if (retryAfter !== undefined) node.setHeader('Retry-After', retryAfter);
}

/** A reply of Fastify has a `setHeader` neither of Node's nor of its own: its `raw` has one. */
function nodeResponse(response: unknown): NodeResponse | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  if ('setHeader' in response && typeof response.setHeader === 'function')
    return response as NodeResponse;
  return 'raw' in response ? nodeResponse(response.raw) : undefined;
}
