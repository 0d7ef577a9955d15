/**
 * What can go wrong between a question to a metadata service and its answer:
 * - `refused`: nothing listens there
 * - `unreachable`: no way there (route, name), or the connection was not made in time
 * - `silent`: connected, and no answer came in time
 * - `slow`: the answer had begun, and did not end in time
 * - `cut`: the connection was closed before the answer was whole
 * - `too-long`: more than a metadata service ever has to say
 * - `status`: an answer with a status that is none of the expected
 * - `not-understood`: what came is not HTTP, or not what was asked for
 */
export type MetadataFault =
  | 'refused'
  | 'unreachable'
  | 'silent'
  | 'slow'
  | 'cut'
  | 'too-long'
  | 'status'
  | 'not-understood';

/** A question to a metadata service that got no usable answer; the message says which, and what came instead. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';

  constructor(
    readonly fault: MetadataFault,
    /** `GET` or `PUT` and the address that was asked. */
    readonly question: string,
    what: string,
    /** The HTTP status, where `fault` is `status`. */
    readonly status?: number,
  ) {
    super(`${question} ${what}`);
  }
}
