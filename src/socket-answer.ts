import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HttpException } from '@nestjs/common';

/** Answers where there is no response of the framework's: on the bare socket of an upgrade or a CONNECT. */
export function answerOnSocket(
  socket: Duplex | ServerResponse,
  error: Error,
): void {
  const status = error instanceof HttpException ? error.getStatus() : 400;
  const body = JSON.stringify(
    error instanceof HttpException
      ? error.getResponse()
      : { statusCode: status },
  );
  // HTTP/2 has a response for a CONNECT, HTTP/1 has its socket.
  if ('writeHead' in socket) {
    socket.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
    return;
  }
  // The client may be gone already; nobody else listens on this socket any more.
  socket.on('error', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
