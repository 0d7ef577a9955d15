import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { AllowedHostsGate } from './allowed-hosts.gate.js';
import type { DisallowedHostException } from './disallowed-host.exception.js';
import { serversOf } from './application-servers.js';
import { watchGatewayServers } from './gateway-servers.js';
import {
  answerOnSocket,
  answerOnStream,
  hold,
  leave,
} from './socket-answer.js';
import { isFastify } from './stand-first.js';

/**
 * The gate around the server itself, for what never reaches the framework: WebSocket upgrades, CONNECT, socket.io's
 * polling, `100 Continue`. Whoever listens on the server, before or after us, hears of allowed requests alone.
 */
@Injectable()
export class ServerGate implements OnModuleInit {
  /** The request that opened a socket, for guards: `ws` does not keep it. */
  readonly #upgrades = new WeakMap<object, IncomingMessage>();
  /** Namespaces and paths may share a server. */
  readonly #surrounded = new WeakSet<EventEmitter>();

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsGate) private readonly gate: AllowedHostsGate,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    watchGatewayServers(
      config,
      (server) =>
        this.#surround(
          server,
          frameworkOf(this.adapterHost.httpAdapter?.getInstance()),
        ),
      (port) =>
        new Logger('AllowedHosts').warn(
          `Hosts are not checked on the WebSocket server ${port === 0 ? 'of gateways without a port' : `on port ${port}`}: call AllowedHosts.check(request) in its adapter.`,
        ),
    );
  }

  onModuleInit(): void {
    const instance: unknown = this.adapterHost.httpAdapter?.getInstance();
    const surroundAll = () => {
      for (const server of serversOf(this.adapterHost))
        this.#surround(server, frameworkOf(instance));
    };
    surroundAll();
    if (isFastify(instance))
      instance.addHook('onListen', (done: () => void) => {
        surroundAll();
        done();
      });
  }

  /** The request whose upgrade made this socket, if one did. */
  upgradeOf(socket: unknown): IncomingMessage | undefined {
    return typeof socket === 'object' && socket !== null
      ? this.#upgrades.get(socket)
      : undefined;
  }

  #gateStream(
    [, stream, headers, , rawHeaders]: StreamEvent,
    serve: () => boolean,
  ): boolean {
    const { ':path': url, ':method': method } = headers;
    const refusal = this.gate.refusal({ headers, rawHeaders, url, method });
    if (refusal === undefined) return serve();
    const release = hold(stream);
    void refusal.then((error) => {
      if (!release() || stream.closed) return;
      if (error) answerOnStream(stream, error);
      else serve();
    });
    return true;
  }

  #surround(server: EventEmitter, framework: Listener | undefined): void {
    if (this.#surrounded.has(server)) return;
    this.#surrounded.add(server);
    // One server event goes to many listeners, some of which replace the others (engine.io does): so the events are
    // held where they are emitted, and not by one more listener.
    const original = server.emit.bind(server) as Emit;
    const emit = (args: readonly unknown[]) => original(...args);
    const serve = (args: readonly unknown[]) => {
      if (args[0] === 'upgrade')
        this.#upgrades.set(args[2] as object, args[1] as IncomingMessage);
      return emit(args);
    };
    const answer: Refuse = (error, _request, other) =>
      answerOnSocket(other as Duplex | ServerResponse, error);
    // A path that does not decode is answered by Fastify ahead of its hooks, if so told by code of the application's.
    const toFramework: Refuse = (error, request, response) =>
      framework && decodes(request.url)
        ? framework(request, response)
        : answer(error, request, response);
    const refusals = new Map<string, Refuse>([
      ['request', toFramework],
      ['checkContinue', toFramework],
      ['checkExpectation', toFramework],
      ['upgrade', answer],
      ['connect', answer],
    ]);
    server.emit = (...args: unknown[]) => {
      const event = args[0] as string;
      // HTTP/2 has one listener of its own here, which makes requests of streams. Others see a stream ahead of that.
      if (event === 'stream' && server.listenerCount(event) > 1)
        return this.#gateStream(args as StreamEvent, () => emit(args));
      const refuse = refusals.get(event);
      if (refuse === undefined) return emit(args);
      const request = args[1] as IncomingMessage;
      const refusal = this.gate.refusal(request);
      if (refusal === undefined) return serve(args);
      const release = hold(args[2] as Duplex | ServerResponse);
      void refusal.then((error) => {
        if (!release()) return;
        if (error) refuse(error, request, args[2]);
        else if (!serve(args)) leave(args[2] as Duplex | ServerResponse);
      });
      return true;
    };
    // Without a listener Node invites the body of an `Expect: 100-continue` by itself, before anybody is asked.
    server.on(
      'checkContinue',
      (request: IncomingMessage, response: ServerResponse) => {
        if (server.listenerCount('checkContinue') > 1) return;
        response.writeContinue();
        emit(['request', request, response]);
      },
    );
  }
}

type StreamEvent = [
  'stream',
  ServerHttp2Stream,
  IncomingHttpHeaders,
  number,
  readonly string[],
];
type Emit = (...args: readonly unknown[]) => boolean;
type Listener = (request: unknown, response: unknown) => unknown;
type Refuse = (
  error: DisallowedHostException,
  request: IncomingMessage,
  other: unknown,
) => unknown;

/** The framework as a listener, past all others: it refuses through Nest's exception layer, at its own front. */
function frameworkOf(instance: unknown): Listener | undefined {
  if (typeof instance === 'function') return instance as Listener;
  const { routing } = (instance ?? {}) as { routing?: unknown };
  return typeof routing === 'function' ? (routing as Listener) : undefined;
}

function decodes(url = ''): boolean {
  try {
    return decodeURI(url) !== '';
  } catch {
    return false;
  }
}
