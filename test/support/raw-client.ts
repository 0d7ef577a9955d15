import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { firstResponse } from './http-response.mjs';

/** Opens a new connection to a server at each call. */
export type Connect = () => Duplex;

export const tcp =
  (port: number): Connect =>
  () =>
    connect(port, '127.0.0.1');

export const unix =
  (path: string): Connect =>
  () =>
    connect(path);

/** TLS with any certificate. */
export const tls =
  (port: number, protocol: 'http/1.1' | 'h2' = 'http/1.1'): Connect =>
  () =>
    connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: [protocol],
    });

export interface RawResponse {
  /** 0 if the server closed the connection without a response. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The statuses of the 1xx responses before it. */
  readonly interim: readonly number[];
}

const NO_RESPONSE: RawResponse = {
  status: 0,
  headers: {},
  body: '',
  interim: [],
};

/** One connection that sends bytes as they are (latin1) and keeps everything that arrives. */
export class RawConnection {
  readonly #socket: Duplex;
  readonly #closed: Promise<void>;
  #sent = '';
  received = '';

  constructor(connecting: Connect) {
    this.#socket = connecting();
    this.#socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
    });
    // A server that refuses early may close before it has read the whole request.
    this.#socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) =>
      this.#socket.once('close', () => resolve()),
    );
  }

  /** Sends lines, joined by CRLF: end with two empty ones to end the head of a request. */
  send(...lines: string[]): this {
    const text = lines.join('\r\n');
    this.#sent += text;
    this.#socket.write(Buffer.from(text, 'latin1'));
    return this;
  }

  /** Waits until what arrived satisfies the condition, or the server closed the connection. */
  async until(enough: (received: string) => boolean): Promise<this> {
    while (!enough(this.received) && !this.#socket.destroyed) {
      await Promise.race([once(this.#socket, 'data'), this.#closed]).catch(
        () => undefined,
      );
    }
    return this;
  }

  /** Waits until the server closed the connection. */
  async closed(): Promise<this> {
    await this.#closed;
    return this;
  }

  /** The complete responses so far. All are responses to HEAD if the first request is HEAD. */
  responses(): RawResponse[] {
    const [method = ''] = this.#sent.split(' ', 1);
    const responses: RawResponse[] = [];
    let interim: number[] = [];
    let rest = this.received;
    for (;;) {
      const first = firstResponse(rest, method, this.#socket.destroyed);
      if (first === undefined) return responses;
      rest = rest.slice(first.length);
      const { status, headers, body } = first;
      if (first.interim) {
        interim.push(status);
        continue;
      }
      responses.push({ status, headers, body, interim });
      interim = [];
    }
  }

  /** The last complete response so far. */
  get last(): RawResponse {
    return this.responses().at(-1) ?? NO_RESPONSE;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/**
 * Sends one request on a connection of its own and reads until the server closes it.
 *
 * @param line method and target
 * @param host `undefined` sends HTTP/1.0 without Host
 * @param enough ends reading early, for a response that does not end
 */
export async function sendRequest(
  connecting: Connect,
  line: string,
  host: string | undefined,
  headers: readonly string[] = [],
  body = '',
  enough: (received: string) => boolean = () => false,
): Promise<RawResponse> {
  const connection = new RawConnection(connecting).send(
    `${line} HTTP/${host === undefined ? '1.0' : '1.1'}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    'Connection: close',
    ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
    ...headers,
    '',
    body,
  );
  await connection.until(enough);
  connection.destroy();
  return connection.last;
}

/** The response to a WebSocket handshake: 101, or a refusal. */
export async function handshake(
  connecting: Connect,
  path: string,
  host: string,
  protocol?: string,
): Promise<RawResponse> {
  const connection = new RawConnection(connecting).send(
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    '',
    '',
  );
  await connection.until((text) => /^HTTP\/1\.1 101[^]*\r\n\r\n/.test(text));
  connection.destroy();
  return connection.last;
}
