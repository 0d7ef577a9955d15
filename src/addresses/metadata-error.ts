/**
 * Why a request to a metadata service failed:
 * - `refused`: no server listens at the address
 * - `unreachable`: there is no route or no such name, or the connection was not established in time
 * - `no-response`: the connection was established, but no response began in time
 * - `incomplete`: the response began, but did not end in time
 * - `closed`: the connection was closed before the response was complete
 * - `too-long`: the response was longer than any that a metadata service sends
 * - `status`: the response had an unexpected status
 * - `invalid`: the response was not HTTP, or did not contain what was requested
 */
export type MetadataFault =
  | 'refused'
  | 'unreachable'
  | 'no-response'
  | 'incomplete'
  | 'closed'
  | 'too-long'
  | 'status'
  | 'invalid';

/** A request to a metadata service without a usable response. The message names the request and what was received. */
export class MetadataError extends Error {
  /**
   * @param request `GET` or `PUT` and the requested URL or path, the subject of the message
   * @param what the rest of the message, e.g. `returned status 403`
   * @param status the HTTP status, if `fault` is `status`
   */
  constructor(
    readonly fault: MetadataFault,
    readonly request: string,
    what: string,
    readonly status?: number,
  ) {
    super(`${request} ${what}`);
  }
}
