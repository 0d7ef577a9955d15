/** One request, written to the socket as it is here. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** @default '1.1' */
  readonly version?: '1.0' | '1.1';
  /** The values of the Host lines, in their order; none at all is possible. */
  readonly hosts: readonly string[];
  /** More header lines, such as `User-Agent: kube-probe/1.34`. */
  readonly headers?: readonly string[];
}

/** Where to connect, and how. */
export interface Server {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The options of TLS; `undefined` for plain HTTP. */
  readonly tls?: {
    /** The name for SNI and for the certificate. */
    readonly name: string;
    readonly verify: boolean;
  };
  /** How long to wait for the whole response, in milliseconds. */
  readonly timeoutMs: number;
}

export interface HttpResponse {
  readonly kind: 'response';
  /** `1.1`, `1.0` or `2`. */
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The beginning of the body. */
  readonly body: string;
  readonly ms: number;
  /** The address that the socket was connected to. */
  readonly peer?: string | undefined;
}

export interface NoResponse {
  readonly kind: 'none';
  /**
   * `connection`: no connection came about. `tls`: it came about, but the
   * handshake failed. `protocol`: the server sent bytes that are not HTTP.
   */
  readonly cause: 'connection' | 'tls' | 'timeout' | 'closed' | 'protocol';
  /** The code of the error, such as `ECONNREFUSED`, if there is one. */
  readonly code: string;
  /** The first bytes that are not HTTP, or the message of the error. */
  readonly detail: string;
  readonly ms: number;
  readonly peer?: string | undefined;
}

/** What came back for one request. */
export type Exchange = HttpResponse | NoResponse;

/** The value of a header, joined if there are several; empty if there is none. */
export function headerOf({ headers }: HttpResponse, name: string): string {
  return headers
    .filter(([other]) => other === name)
    .map(([, value]) => value)
    .join(', ');
}

/** The bytes of a request, as latin1 text. */
export function bytesOf(request: RawRequest): string {
  const { method, target, version = '1.1', hosts, headers = [] } = request;
  return [
    `${method} ${target} HTTP/${version}`,
    ...hosts.map((host) => `Host: ${host}`),
    ...headers,
    '',
    '',
  ].join('\r\n');
}
