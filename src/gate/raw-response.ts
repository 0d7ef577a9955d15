import {
  STATUS_CODES,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { afterEarlierResponses } from '../frameworks/earlier-responses.js';
import type { RefusalResponse } from '../refusals/refusal-response.js';

/**
 * Ignores errors of a socket while its request waits for a verdict. Node has no listener on the socket of an upgrade or
 * a CONNECT, and an unhandled error (the client disconnects) ends the process.
 *
 * @param isOpen whether the connection can still be written to
 * @returns stops ignoring errors, unless it returns `false`: the connection has ended
 */
export function suppressErrors(
  socket: Duplex | ServerResponse,
  isOpen: () => boolean,
): () => boolean {
  socket.on('error', ignore);
  return () => {
    if (socket.destroyed || !isOpen()) return false;
    socket.off('error', ignore);
    return true;
  };
}

/** The stream of a response over HTTP/2. */
export function streamOf(
  response: ServerResponse,
): ServerHttp2Stream | undefined {
  return (response as { readonly stream?: ServerHttp2Stream }).stream;
}

/** Whether the client has disconnected, or reset its stream. */
export function isDisconnected(response: ServerResponse): boolean {
  return streamOf(response)?.closed ?? response.destroyed;
}

/** Sends a refusal without the framework. */
export function respondWith(
  response: Pick<ServerResponse, 'writeHead' | 'end'>,
  { status, headers, body }: RefusalResponse,
): void {
  response.writeHead(status, headers);
  response.end(body);
}

/** Sends a refusal on the raw socket of an upgrade or a CONNECT, after the responses to earlier requests on it. */
export function respondOnSocket(
  request: IncomingMessage,
  socket: Duplex | ServerResponse,
  refusal: RefusalResponse,
): void {
  // A CONNECT of HTTP/2 has a response; one of HTTP/1 has a socket.
  if ('writeHead' in socket) return respondWith(socket, refusal);
  discard(socket);
  afterEarlierResponses(request.socket, () => endWith(socket, refusal));
}

function endWith(
  socket: Duplex,
  { status, headers, body }: RefusalResponse,
): void {
  // The client may keep the socket half open, and no time limit of Node applies to it.
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ].join('\r\n'),
  );
}

/** Sends a refusal on an HTTP/2 stream, whatever became of its response object. */
export function respondOnStream(
  stream: ServerHttp2Stream,
  { status, headers, body }: RefusalResponse,
): void {
  stream.on('error', ignore);
  stream.respond({ ':status': status, ...headers });
  // respond() ends the stream of a HEAD request.
  // Stryker disable next-line ConditionalExpression: the error of a second end() would be ignored
  if (!stream.writableEnded) stream.end(body);
}

/** Ends a request for which no listener is left, e.g. because the application closes. */
export function closeUnhandled(response: ServerResponse): void {
  response.writeHead(405).end();
}

/** Closes the socket of an upgrade or a CONNECT for which no listener is left, as Node does. */
export function closeUnhandledSocket(
  request: IncomingMessage,
  socket: Duplex | ServerResponse,
): void {
  if ('writeHead' in socket) return closeUnhandled(socket);
  discard(socket);
  afterEarlierResponses(request.socket, () => socket.destroy());
}

/** Reads a socket that nobody else reads: its end comes only after all data before it has been read. */
function discard(socket: Duplex): void {
  socket.on('error', ignore);
  socket.resume();
}

/** The client has disconnected. */
const ignore = () => undefined;
