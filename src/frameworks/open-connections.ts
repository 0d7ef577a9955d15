import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { HttpSocket } from './earlier-responses.js';

/** The connections of HTTP servers, and how they come to an end. */
export class OpenConnections {
  readonly #servers = new Set<EventEmitter>();
  /** Those that `close()` closes. */
  readonly #own = new Set<EventEmitter>();
  /** TCP and TLS, those that became WebSockets too. */
  readonly #sockets = new Set<HttpSocket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #draining = false;
  #destroyed = false;

  /** Follows a server of the application, which `close()` closes. */
  followOwn(server: EventEmitter): void {
    this.#own.add(server);
    this.follow(server);
  }

  /** Follows a server that other code closes: it ends once its connections have ended. */
  follow(server: EventEmitter): void {
    if (this.#servers.has(server)) return;
    this.#servers.add(server);
    const onSocket = (socket: HttpSocket) => {
      if (this.#destroyed) socket.destroy();
      else keepUntilClosed(this.#sockets, socket);
    };
    server.on('connection', onSocket);
    server.on('secureConnection', onSocket);
    server.on('session', (session: ServerHttp2Session) =>
      keepUntilClosed(this.#sessions, session),
    );
  }

  /**
   * From now on, each response closes its connection: also one that is under way. HTTP/2 sessions stay as they are until
   * `close()`: once Node has sent GOAWAY, it ignores new streams, whatever last stream GOAWAY names. Requests that cross
   * GOAWAY would get no response while the balancer still sends.
   */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    subscribe(REQUEST_START, this.#closeWithResponse);
    for (const { response, socket } of this.#underWay())
      closeAfter(response, socket);
  }

  /** Accepts no connection on the application's own servers, and closes the idle ones. */
  close(): void {
    for (const server of this.#own as Set<Partial<Server>>)
      if (server.listening === true) {
        server.close?.();
        server.closeIdleConnections?.();
      }
    for (const session of this.#sessions) session.close();
  }

  /** Settles once no request is under way. */
  async settled(): Promise<void> {
    for (;;) {
      const responses = [...this.#underWay()].map(({ response }) => response);
      const busy: readonly EventEmitter[] = [...responses, ...this.#sessions];
      if (busy.length === 0) return;
      await Promise.all(
        busy.map(
          (one) => new Promise<void>((resolve) => one.once('close', resolve)),
        ),
      );
    }
  }

  /** Ends `drain()`: all servers are closed. */
  forget(): void {
    unsubscribe(REQUEST_START, this.#closeWithResponse);
  }

  /** Closes all that is left, whatever is under way, and what connects from now on. */
  destroy(): void {
    this.#destroyed = true;
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  *#underWay() {
    for (const socket of this.#sockets) {
      const response = socket._httpMessage;
      if (response) yield { response, socket };
    }
  }

  readonly #closeWithResponse = (message: unknown): void => {
    const { server, socket, response } = message as {
      readonly server: EventEmitter;
      readonly socket: HttpSocket;
      readonly response: ServerResponse;
    };
    if (this.#servers.has(server)) closeAfter(response, socket);
  };
}

function keepUntilClosed<T extends EventEmitter>(set: Set<T>, one: T): void {
  set.add(one);
  one.once('close', () => set.delete(one));
}

function closeAfter(response: ServerResponse, socket: HttpSocket): void {
  // The headers may be sent already, or may say `keep-alive`, as those of server-sent events do.
  response.once('finish', () => socket.destroySoon());
  if (response.headersSent) return;
  response.setHeader('Connection', 'close');
  // Who removes all headers, as for an error, must not undo it.
  response.shouldKeepAlive = false;
}

/** Node publishes each request of HTTP/1 here, before any listener of the server has it. */
const REQUEST_START = 'http.server.request.start';
