import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

/** A server whose events pass the gate. */
export interface Guarded {
  readonly server: EventEmitter;
  /** The port in the gateway's decorator; 0 for the application's own server. */
  readonly port: number;
  /** The framework's own listener. */
  readonly framework: Listener | undefined;
}

export type Listener = (request: unknown, response: unknown) => unknown;
export type RequestEvent = [
  'request' | 'checkContinue' | 'checkExpectation',
  IncomingMessage,
  ServerResponse,
];
export type SocketEvent = [
  'upgrade' | 'connect',
  IncomingMessage,
  Duplex | ServerResponse,
];
export type StreamEvent = [
  'stream',
  ServerHttp2Stream,
  IncomingHttpHeaders,
  number,
  readonly string[],
];

export function isRequestEvent(event: unknown): event is RequestEvent[0] {
  return (
    event === 'request' ||
    event === 'checkContinue' ||
    event === 'checkExpectation'
  );
}

/** The framework's own listener for requests. */
export function frameworkListener(instance: unknown): Listener | undefined {
  if (typeof instance === 'function') return instance as Listener;
  return (instance as { routing?: Listener } | undefined)?.routing;
}

/** The listener with which Node turns a stream of HTTP/2 into a request and a response. */
export function nodesStreamListener(server: EventEmitter) {
  return server
    .listeners('stream')
    .find(({ name }) => name === 'bound onServerStream');
}

/** Without a listener Node itself sends `100 Continue`, before the host is checked. */
export function sendContinueUnlessHandled(server: EventEmitter): void {
  server.on(
    'checkContinue',
    (request: IncomingMessage, response: ServerResponse) => {
      if (server.listenerCount('checkContinue') > 1) return;
      response.writeContinue();
      server.emit('request', request, response);
    },
  );
}
