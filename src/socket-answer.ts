import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { DisallowedHostException } from './disallowed-host.exception.js';

/** Answers where there is no response of the framework's: on the bare socket of an upgrade or a CONNECT. */
export function answerOnSocket(
  socket: Duplex | ServerResponse,
  error: DisallowedHostException,
): void {
  const status = error.getStatus();
  const body = JSON.stringify(error.getResponse());
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...(error.retryAfter !== undefined && {
      'Retry-After': String(error.retryAfter),
    }),
  };
  // HTTP/2 has a response for a CONNECT, HTTP/1 has its socket.
  if ('writeHead' in socket) {
    socket.writeHead(status, headers).end(body);
    return;
  }
  // The client may be gone already; nobody else listens on this socket any more.
  socket.on('error', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ].join('\r\n'),
  );
}
