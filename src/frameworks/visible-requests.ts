import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { isServer } from './any-request.js';
import { readSymbol } from './fastify.js';

/**
 * Why hosts cannot be checked on an HTTP server; `undefined` if they can be. A runtime other than Node.js may have a
 * server that calls the framework without events, or requests without the lines of their headers.
 */
export function hiddenFromGate(server: unknown): string | undefined {
  if (!isServer(server)) return 'it emits no events';
  const own = readSymbol<unknown>(server, 'IncomingMessage');
  return hasRawHeaders(isRequestClass(own) ? own : IncomingMessage)
    ? undefined
    : 'its requests have no rawHeaders';
}

const isRequestClass = (value: unknown): value is typeof IncomingMessage =>
  value === IncomingMessage ||
  (typeof value === 'function' && value.prototype instanceof IncomingMessage);

/** Tries it, since a class may set them in its constructor or have a getter. Node's own needs no socket for that. */
function hasRawHeaders(Request: typeof IncomingMessage): boolean {
  const socket =
    Request === IncomingMessage ? (null as unknown as Socket) : new Socket();
  const request: Partial<IncomingMessage> = new Request(socket);
  return Array.isArray(request.rawHeaders);
}
