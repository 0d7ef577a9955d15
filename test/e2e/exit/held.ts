import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { RawConnection, type Connect } from '../../support/raw-client.js';
import { until } from '../../support/until.js';

/** The response of the slow handler, complete once the connection or the stream has ended. */
export interface SlowResponse {
  readonly status: number;
  readonly body: string;
  /** Whether the server has told the client to close: `Connection: close`, or GOAWAY without an error. */
  readonly closing: boolean;
}

/** What holds a process. All of it is open when this settles, except that the slow handler may not have begun. */
export interface Held {
  readonly slow: () => Promise<SlowResponse>;
  /** Releases the client's side. */
  readonly destroy: () => void;
}

/** Each connection of HTTP/1.1 that can hold a process, over TCP or TLS. */
export async function holdHttp1(
  connecting: Connect,
  webSocketPath: string,
): Promise<Held> {
  const open = (...lines: string[]) =>
    new RawConnection(connecting).send(...lines);
  const get = (path: string, ...headers: string[]) =>
    open(`GET ${path} HTTP/1.1`, 'Host: example.com', ...headers, '', '');
  const idle = get('/hello');
  const silent = new RawConnection(connecting);
  const slow = get('/slow');
  const endless = get('/events');
  const upload = open(
    'POST /upload HTTP/1.1',
    'Host: example.com',
    'Content-Type: application/json',
    'Content-Length: 100000',
    'Expect: 100-continue',
    '',
    '{"part":',
  );
  const webSocket = get(
    webSocketPath,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  );
  await idle.until((text) => text.endsWith('hello'));
  await endless.until((text) => text.includes('first'));
  await upload.until((text) => text.startsWith('HTTP/1.1 100'));
  await webSocket.until((text) => text.startsWith('HTTP/1.1 101'));
  const all = [idle, silent, slow, endless, upload, webSocket];
  return {
    slow: async () => {
      const { status, body, headers } = (await slow.closed()).last;
      return { status, body, closing: headers['connection'] === 'close' };
    },
    destroy: () => all.forEach((one) => one.destroy()),
  };
}

/** A TCP connection on which the client sends nothing: no request, no TLS handshake, no HTTP/2 preface. */
export async function holdSilently(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').unref();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
}

/** Sessions of HTTP/2: an idle one, and those with a slow, an endless and an uploading stream. */
export async function holdHttp2(url: string): Promise<Held> {
  const idle = new Stream(url, '/hello');
  const slow = new Stream(url, '/slow');
  const endless = new Stream(url, '/events');
  const upload = new Stream(url, '/upload', {
    ':method': 'POST',
    'content-type': 'application/json',
    'content-length': 100_000,
    expect: '100-continue',
  });
  await until(() => idle.body === 'hello' && endless.body.includes('first'));
  await until(() => upload.continued);
  const all = [idle, slow, endless, upload];
  return {
    slow: async () => {
      await slow.closed;
      const { status, body, closing } = slow;
      return { status, body, closing };
    },
    destroy: () => all.forEach((one) => one.destroy()),
  };
}

/** A session with one stream. */
class Stream {
  status = 0;
  body = '';
  continued = false;
  closing = false;
  readonly #session: ClientHttp2Session;
  /** The end of the stream. */
  readonly closed: Promise<unknown>;

  constructor(url: string, path: string, headers: object = {}) {
    this.#session = connectHttp2(url, { rejectUnauthorized: false });
    this.#session.on('error', () => undefined);
    this.#session.on('goaway', (code) => (this.closing = code === 0));
    const stream = this.#session.request(
      { ':path': path, ':authority': 'example.com', ...headers },
      { endStream: !('expect' in headers) },
    );
    this.closed = new Promise((resolve) => stream.once('close', resolve));
    stream.on('error', () => undefined);
    stream.on('continue', () => {
      this.continued = true;
      stream.write('{"part":');
    });
    stream.on('response', (head) => (this.status = Number(head[':status'])));
    stream.on('data', (chunk: Buffer) => (this.body += chunk.toString()));
  }

  destroy(): void {
    this.#session.destroy();
  }
}
