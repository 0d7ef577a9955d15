import type { Exchange, RawRequest } from '../http/exchange.js';

/** One request, who sends it, and what should happen to it. */
export interface Probe {
  readonly who: string;
  /**
   * `own`: a client that names a host of the user, who must be served.
   * `health`: a prober, which must get 200. `foreign`: an attacker, who must not
   * be served. `forwarded`: an attacker whose header may be ignored.
   */
  readonly kind: 'own' | 'health' | 'foreign' | 'forwarded';
  /** What the probe is about: findings choose probes by it. */
  readonly topic: Topic;
  readonly request: RawRequest;
  /** Over HTTP/2; the first host is its `:authority`. */
  readonly http2?: true;
  /** Another server than the usual one, such as its IPv6 address. */
  readonly connectTo?: string;
  /** How long this prober waits unless told otherwise, in milliseconds. */
  readonly limitMs?: number;
}

export type Topic =
  | 'page'
  | 'port'
  | 'keep-alive'
  | 'http10'
  | 'health'
  | 'websocket'
  | 'preflight'
  | 'http2'
  | 'ipv6'
  | 'look-alike'
  | 'two-hosts'
  | 'absolute-target'
  | 'userinfo'
  | 'forwarded';

/** A probe and what came back; `undefined` if it was not sent. */
export interface Result {
  readonly probe: Probe;
  readonly exchange: Exchange | undefined;
}

/** A host that nobody has: RFC 2606 §2 reserves its top-level domain. */
export const FOREIGN_HOST = 'evil.example';
