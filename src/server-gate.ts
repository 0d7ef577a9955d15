import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AllowedHostsGate } from './allowed-hosts.gate.js';
import type { DisallowedHostException } from './disallowed-host.exception.js';
import { answerOnSocket } from './socket-answer.js';

/**
 * The gate around the server itself, for what never reaches the framework: WebSocket upgrades, CONNECT, socket.io's
 * polling, `100 Continue`. Whoever listens on the server, before or after us, hears of allowed requests alone.
 */
@Injectable()
export class ServerGate implements OnModuleInit {
  /** The request that opened a socket, for guards: `ws` does not keep it. */
  readonly #upgrades = new WeakMap<object, IncomingMessage>();

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsGate) private readonly gate: AllowedHostsGate,
  ) {}

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    const server: unknown = adapter?.getHttpServer();
    if (isServer(server))
      this.#surround(server, frameworkOf(adapter.getInstance()));
  }

  /** The request whose upgrade made this socket, if one did. */
  upgradeOf(socket: unknown): IncomingMessage | undefined {
    return typeof socket === 'object' && socket !== null
      ? this.#upgrades.get(socket)
      : undefined;
  }

  #surround(server: EventEmitter, framework: Listener | undefined): void {
    // One server event goes to many listeners, some of which replace the others (engine.io does): so the events are
    // held where they are emitted, and not by one more listener.
    const emit = server.emit.bind(server) as Emit;
    const toFramework: Refuse = (_error, request, response) =>
      framework
        ? framework(request, response)
        : emit('request', request, response);
    const closeSocket: Refuse = (error, _request, socket) =>
      answerOnSocket(socket as Duplex | ServerResponse, error);
    const refusals = new Map<string, Refuse>([
      ['request', toFramework],
      ['checkContinue', toFramework],
      ['checkExpectation', toFramework],
      ['upgrade', closeSocket],
      ['connect', closeSocket],
    ]);
    server.emit = ((event: string, ...args: unknown[]) => {
      const refuse = refusals.get(event);
      if (refuse === undefined) return emit(event, ...args);
      const [request, other] = args as [IncomingMessage, unknown];
      const serve = () => {
        if (event === 'upgrade') this.#upgrades.set(other as object, request);
        return emit(event, ...args);
      };
      const refusal = this.gate.refusal(request);
      if (refusal === undefined) return serve();
      void refusal.then((error) =>
        error ? refuse(error, request, other) : serve(),
      );
      return true;
    }) as EventEmitter['emit'];
    // Without a listener Node invites the body of an `Expect: 100-continue` by itself, before anybody is asked.
    server.on(
      'checkContinue',
      (request: IncomingMessage, response: ServerResponse) => {
        if (server.listenerCount('checkContinue') > 1) return;
        response.writeContinue();
        emit('request', request, response);
      },
    );
  }
}

type Emit = (event: string, ...args: unknown[]) => boolean;
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

function isServer(value: unknown): value is EventEmitter {
  return (
    typeof value === 'object' &&
    value !== null &&
    'emit' in value &&
    'listenerCount' in value
  );
}
