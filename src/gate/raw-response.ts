import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { NO_STORE } from '../refusals/refusal-headers.js';

/**
 * Keeps a socket while its request waits for a verdict. Node listens on it no more once it is an upgrade or a CONNECT,
 * and an error that nobody hears (the client goes away) ends the process.
 *
 * @returns ends that; `false` where the client has gone
 */
export function hold(socket: Duplex | ServerResponse): () => boolean {
  // A response has somebody who listens.
  if ('writeHead' in socket) return () => true;
  socket.on('error', ignore);
  return () => {
    socket.off('error', ignore);
    return !socket.destroyed;
  };
}

/** Answers past the framework. */
export function respondThrough(
  response: ServerResponse,
  error: DisallowedHostException,
): void {
  const { body, headers } = answerTo(error);
  response.writeHead(error.getStatus(), headers).end(body);
}

/** Answers where there is no response of the framework's: on the bare socket of an upgrade or a CONNECT. */
export function respondOnSocket(
  socket: Duplex | ServerResponse,
  error: DisallowedHostException,
): void {
  // HTTP/2 has a response for a CONNECT, HTTP/1 has its socket.
  if ('writeHead' in socket) return respondThrough(socket, error);
  const status = error.getStatus();
  const { body, headers } = answerTo(error);
  socket.on('error', ignore);
  // A server's sockets stay half open for as long as the client likes, and nothing of Node's times this one out.
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

/** The same on a stream of HTTP/2 that no response has been made of. */
export function respondOnStream(
  stream: ServerHttp2Stream,
  error: DisallowedHostException,
): void {
  const { body, headers } = answerTo(error);
  stream.on('error', ignore);
  stream.respond({ ':status': error.getStatus(), ...headers });
  // The answer to a HEAD ends by itself.
  if (!stream.writableEnded) stream.end(body);
}

/** Ends what waited for a verdict and has nobody to take it any more, as an application that closes. */
export function leave(socket: Duplex | ServerResponse): void {
  if ('writeHead' in socket) socket.writeHead(405).end();
  else socket.destroy();
}

function answerTo(error: DisallowedHostException) {
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

/** The client has gone, and the socket with it: there is nobody to tell. */
const ignore = () => undefined;
