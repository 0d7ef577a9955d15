/** No request can be sent, or none gets a response. The message says why. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}
