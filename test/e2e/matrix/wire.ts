import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** A way into an application: a new connection at each call. */
export type Door = () => Duplex;

export const tcp =
  (port: number): Door =>
  () =>
    connect(port, '127.0.0.1');

export const unix =
  (path: string): Door =>
  () =>
    connect(path);

/** TLS, whatever the certificate says. */
export const tls =
  (port: number, protocol: 'http/1.1' | 'h2' = 'http/1.1'): Door =>
  () =>
    connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: [protocol],
    });

export interface Answer {
  /** 0 where the server closed without a word. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The statuses of the 1xx answers before it. */
  readonly interim: readonly number[];
}

/** One connection on which bytes are sent as they are (latin1), and all that came back. */
export class Conversation {
  readonly #socket: Duplex;
  readonly #closed: Promise<void>;
  text = '';

  constructor(door: Door) {
    this.#socket = door();
    this.#socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
    });
    // A server that refuses early may close before it has read all of the request.
    this.#socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) =>
      this.#socket.once('close', () => resolve()),
    );
  }

  send(...lines: string[]): this {
    this.#socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
    return this;
  }

  /** Waits until what came back is as asked, or the server has closed. */
  async until(enough: (text: string) => boolean): Promise<this> {
    while (!enough(this.text) && !this.#socket.destroyed) {
      await Promise.race([once(this.#socket, 'data'), this.#closed]).catch(
        () => undefined,
      );
    }
    return this;
  }

  /** The complete answers so far. */
  answers(): Answer[] {
    const answers: Answer[] = [];
    let interim: number[] = [];
    for (let rest = this.text; rest !== '';) {
      const head = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n([^]*?)\r\n\r\n/.exec(
        rest.replace(/^(HTTP\/1\.1 \d{3}[^\r]*\r\n)\r\n/, '$1-: -\r\n\r\n'),
      );
      if (!head) break;
      const status = Number(head[1]);
      rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
      if (status < 200 && status !== 101) {
        interim.push(status);
        continue;
      }
      const headers = headersOf(head[2] ?? '');
      const size = headers['content-length'];
      const body = size === undefined ? rest : rest.slice(0, Number(size));
      if (body.length < Number(size) && !this.#socket.destroyed) break;
      rest = rest.slice(body.length);
      answers.push({ status, headers, body, interim });
      interim = [];
    }
    return answers;
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** The answer to one request; the server is asked to close, so that all of it is read, or up to `end`. */
export async function ask(
  door: Door,
  line: string,
  host: string,
  headers: readonly string[] = [],
  body = '',
  end?: string,
): Promise<Answer> {
  const conversation = new Conversation(door);
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  conversation.send(
    `${line} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    ...length,
    ...headers,
    '',
    body,
  );
  await conversation.until((text) => end !== undefined && text.includes(end));
  conversation.end();
  return last(conversation);
}

/** The answer to a WebSocket handshake: 101, or a refusal. */
export async function handshake(
  door: Door,
  path: string,
  host: string,
  protocol?: string,
): Promise<Answer> {
  const conversation = new Conversation(door).send(
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
  await conversation.until((text) => /^HTTP\/1\.1 101[^]*\r\n\r\n/.test(text));
  conversation.end();
  return last(conversation);
}

export function last(conversation: Conversation): Answer {
  return conversation.answers().at(-1) ?? NO_ANSWER;
}

const NO_ANSWER: Answer = { status: 0, headers: {}, body: '', interim: [] };

function headersOf(lines: string): Record<string, string> {
  return Object.fromEntries(
    lines
      .split('\r\n')
      .map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
  );
}
