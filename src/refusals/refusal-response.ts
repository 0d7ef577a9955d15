import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { NO_STORE } from './refusal-headers.js';

/** A refusal as Nest would send it, for a response without the framework. */
export interface RefusalResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function refusalResponse(
  exception: DisallowedHostException,
): RefusalResponse {
  const body = JSON.stringify(exception.getResponse());
  const { retryAfter } = exception;
  return {
    status: exception.getStatus(),
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': NO_STORE,
      ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
    },
    body,
  };
}
