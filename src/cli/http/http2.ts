import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Exchange, HttpResponse, RawRequest, Server } from './exchange.js';
import { TIMED_OUT } from './send.js';

/** The code of an exchange with a server that speaks no HTTP/2. */
export const NO_HTTP2 = 'NO_HTTP2';

/**
 * Sends one request over HTTP/2, with the first host as `:authority`. Like
 * `send`, it never rejects and takes no longer than the time limit.
 */
export function sendHttp2(
  server: Server,
  request: RawRequest,
): Promise<Exchange> {
  const startedAt = performance.now();
  const ms = () => Math.round(performance.now() - startedAt);
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined;
    const end = (exchange: Exchange) => {
      clearTimeout(timer);
      session?.destroy();
      socket.destroy();
      resolve(exchange);
    };
    const fail = (cause: 'tls' | 'timeout' | 'closed', code: string) =>
      end({ kind: 'none', cause, code, detail: '', ms: ms() });
    const timer = setTimeout(
      () => fail('timeout', TIMED_OUT),
      server.timeoutMs,
    );
    const socket = connectTls({
      host: server.host,
      port: server.port,
      servername:
        isIP(server.tls?.name ?? '') === 0 ? (server.tls?.name ?? '') : '',
      rejectUnauthorized: server.tls?.verify !== false,
      ALPNProtocols: ['h2'],
    });
    socket.on('error', () => fail('tls', NO_HTTP2));
    socket.on('close', () => fail('closed', ''));
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== 'h2') return fail('tls', NO_HTTP2);
      session = connectHttp2('https://localhost', {
        createConnection: () => socket,
      });
      session.on('error', () => fail('closed', ''));
      void responseIn(session, request).then(
        (response) =>
          end({ ...response, ms: ms(), peer: socket.remoteAddress }),
        (error: NodeJS.ErrnoException) => fail('closed', error.code ?? ''),
      );
    });
  });
}

function responseIn(
  session: ClientHttp2Session,
  { method, target, hosts }: RawRequest,
): Promise<Omit<HttpResponse, 'ms'>> {
  return new Promise((resolve, reject) => {
    const [authority = '', host] = hosts;
    const stream = session.request({
      ':method': method,
      ':path': target,
      ':authority': authority,
      ...(host === undefined ? {} : { host }),
      'user-agent': 'Mozilla/5.0',
    });
    let body = '';
    let head: readonly (readonly [string, string])[] = [];
    let status = 0;
    const finish = () =>
      resolve({
        kind: 'response',
        version: '2',
        status,
        reason: '',
        headers: head,
        body,
      });
    stream.setEncoding('latin1');
    stream.once('response', (headers) => {
      status = Number(headers[':status']);
      head = Object.entries(headers).map(
        ([name, value]) => [name, [value].flat().join(', ')] as const,
      );
    });
    stream.on('data', (text: string) => {
      body += text;
      if (body.length >= MAX_BODY) finish();
    });
    stream.once('end', finish);
    stream.once('error', reject);
    // A server may reset the stream without an error.
    stream.once('close', () => (status === 0 ? reject(new Error()) : finish()));
    stream.end();
  });
}

const MAX_BODY = 65_536;
