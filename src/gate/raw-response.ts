import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { NO_STORE } from '../refusals/refusal-headers.js';

/**
 * Ignores errors of a socket while its request waits for a verdict. Node has no listener on the socket of an upgrade or
 * a CONNECT, and an unhandled error (the client disconnects) ends the process.
 *
 * @returns stops ignoring errors; `false` if the client has disconnected
 */
export function suppressErrors(socket: Duplex | ServerResponse): () => boolean {
  // Node handles the errors of a response.
  if ('writeHead' in socket) return () => true;
  socket.on('error', ignore);
  return () => {
    socket.off('error', ignore);
    return !socket.destroyed;
  };
}

/** Sends `100 Continue`; returns `false` if the client has reset its HTTP/2 stream, for which Node throws. */
export function writeContinue(response: ServerResponse): boolean {
  try {
    response.writeContinue();
    return true;
  } catch {
    return false;
  }
}

/** Sends a refusal without the framework. */
export function respondWith(
  response: Pick<ServerResponse, 'writeHead' | 'end'>,
  error: DisallowedHostException,
): void {
  const { body, headers } = refusalParts(error);
  response.writeHead(error.getStatus(), headers);
  response.end(body);
}

/** Sends a refusal on the raw socket of an upgrade or a CONNECT. */
export function respondOnSocket(
  socket: Duplex | ServerResponse,
  error: DisallowedHostException,
): void {
  // A CONNECT of HTTP/2 has a response; one of HTTP/1 has a socket.
  if ('writeHead' in socket) return respondWith(socket, error);
  const status = error.getStatus();
  const { body, headers } = refusalParts(error);
  socket.on('error', ignore);
  // The client may keep the socket half open, and no time limit of Node applies to it.
  socket.once('finish', () => socket.destroy());
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

/** Sends a refusal on an HTTP/2 stream that has no response object yet. */
export function respondOnStream(
  stream: ServerHttp2Stream,
  error: DisallowedHostException,
): void {
  const { body, headers } = refusalParts(error);
  stream.on('error', ignore);
  stream.respond({ ':status': error.getStatus(), ...headers });
  // respond() ends the stream of a HEAD request.
  if (!stream.writableEnded) stream.end(body);
}

/** Ends a request for which no listener is left, e.g. because the application closes. */
export function closeUnhandled(socket: Duplex | ServerResponse): void {
  if ('writeHead' in socket) socket.writeHead(405).end();
  else socket.destroy();
}

function refusalParts(error: DisallowedHostException) {
  const body = JSON.stringify(error.getResponse());
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': NO_STORE,
  };
  if (error.retryAfter !== undefined)
    headers['Retry-After'] = String(error.retryAfter);
  return { body, headers };
}

/** The client has disconnected. */
const ignore = () => undefined;
