import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  bytesOf,
  type Exchange,
  type NoResponse,
  type RawRequest,
  type Server,
} from './exchange.js';
import { ResponseParser } from './response-parser.js';

/**
 * Sends one request over a socket of its own, byte by byte as it is: `node:http`
 * would reject or repair what attackers send. It never rejects, and it never
 * takes longer than the time limit of the server.
 */
export function send(server: Server, request: RawRequest): Promise<Exchange> {
  const exchange = new SocketExchange(server, request);
  return exchange.result;
}

class SocketExchange {
  readonly result: Promise<Exchange>;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  readonly #startedAt = performance.now();
  /** How far the exchange came. */
  #phase: 'connection' | 'tls' | 'closed' = 'connection';
  #peer: string | undefined;
  #end: (exchange: Exchange) => void = () => undefined;

  constructor(server: Server, request: RawRequest) {
    this.result = new Promise((resolve) => (this.#end = resolve));
    this.#parser = new ResponseParser(request.method);
    this.#socket = openSocket(server);
    const bytes = bytesOf(request);
    const timer = setTimeout(() => this.#finish('timeout'), server.timeoutMs);
    this.#socket
      .setEncoding('latin1')
      .on('connect', () => this.#connected(server.tls !== undefined))
      .on(server.tls ? 'secureConnect' : 'connect', () => {
        this.#phase = 'closed';
        this.#socket.write(bytes, 'latin1');
      })
      .on('data', (text: string) => {
        this.#parser.add(text);
        if (this.#parser.done) this.#finish(undefined);
      })
      .on('error', (error: NodeJS.ErrnoException) => this.#finish(error))
      .on('close', () => {
        clearTimeout(timer);
        this.#finish(undefined);
      });
  }

  #connected(secure: boolean): void {
    this.#peer = this.#socket.remoteAddress;
    if (secure) this.#phase = 'tls';
  }

  /** The first call decides. */
  #finish(end: NodeJS.ErrnoException | 'timeout' | undefined): void {
    const { head, body, foreign, received } = this.#parser;
    const ms = Math.round(performance.now() - this.#startedAt);
    const base = { ms, peer: this.#peer };
    this.#socket.destroy();
    if (head !== undefined)
      return this.#end({ kind: 'response', ...head, body, ...base });
    const none = (cause: NoResponse['cause'], detail: string, code = '') =>
      this.#end({ kind: 'none', cause, code, detail, ...base });
    if (foreign || received !== '')
      return none('protocol', received.slice(0, 200));
    if (end !== 'timeout')
      return none(this.#phase, end?.message ?? '', end?.code);
    none(this.#phase === 'closed' ? 'timeout' : this.#phase, '', TIMED_OUT);
  }
}

function openSocket({ host, port, tls }: Server): Socket {
  if (tls === undefined) return connect({ host, port });
  return connectTls({
    host,
    port,
    // RFC 6066 §3 allows no addresses in SNI. The certificate is checked against `host` then.
    ...(isIP(tls.name) === 0 ? { servername: tls.name } : { servername: '' }),
    rejectUnauthorized: tls.verify,
    ALPNProtocols: ['http/1.1'],
  });
}

/** The code of an exchange that took longer than its limit. */
export const TIMED_OUT = 'TIMED_OUT';
