import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { isFastify } from '../frameworks/fastify.js';
import { watchGatewayServers } from '../frameworks/gateway-servers.js';
import { httpServersOf } from '../frameworks/http-servers.js';
import { interceptEvents, type Emit } from '../frameworks/intercept-events.js';
import { hiddenFromGate } from '../frameworks/visible-requests.js';
import { Refusals } from '../refusals/refusals.js';
import { AllowedHostsGate } from './allowed-hosts.gate.js';
import {
  frameworkListener,
  isRequestEvent,
  nodesStreamListener,
  sendContinueUnlessHandled,
  type Guarded,
  type RequestEvent,
  type SocketEvent,
  type StreamEvent,
} from './guarded-server.js';
import { HeldResponses } from './held-responses.js';
import { Openings, type Opening } from './openings.js';
import {
  closeUnhandled,
  closeUnhandledSocket,
  isDisconnected,
  suppressErrors,
} from './raw-response.js';
import { RefusalSender } from './refusal-sender.js';

/**
 * The gate at the server itself. It refuses before the framework gets a request, and sees what the framework never gets:
 * WebSocket upgrades, CONNECT, polling of socket.io, `100 Continue`. Every listener of the server, added before or after,
 * gets allowed requests only.
 */
@Injectable()
export class ServerGate implements OnModuleInit {
  /** The request that opened a socket, for guards: `ws` does not store it. */
  readonly #upgrades = new WeakMap<object, IncomingMessage>();
  /** Several namespaces and paths may share a server. */
  readonly #guarded = new WeakSet<EventEmitter>();
  readonly #sender: RefusalSender;

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsGate) private readonly gate: AllowedHostsGate,
    @Inject(Openings) private readonly openings: Openings,
    @Inject(HeldResponses) private readonly held: HeldResponses,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(ApplicationConfig) config: ApplicationConfig,
  ) {
    this.#sender = new RefusalSender(gate, refusals, config);
    watchGatewayServers(
      config,
      (server) => this.openings.gateways.addServer(server),
      (server, port) => this.#guard(server, port),
      (port) =>
        new Logger('AllowedHosts').warn(
          `Hosts are not checked on the WebSocket server ${port === 0 ? 'of gateways without a port' : `on port ${port}`}: call AllowedHosts.check(request) in its adapter.`,
        ),
    );
  }

  /** @throws {Error} if the server does not show its requests, as in a runtime other than Node.js */
  onModuleInit(): void {
    const main: unknown = this.adapterHost.httpAdapter?.getHttpServer();
    const hidden = main === undefined ? undefined : hiddenFromGate(main);
    if (hidden !== undefined)
      throw new Error(
        `AllowedHostsModule cannot check hosts on this HTTP server, because ${hidden}: serve the application with createServer() of node:http, on Node.js or on a runtime that implements it.`,
      );
    const instance: unknown = this.adapterHost.httpAdapter?.getInstance();
    const guardAll = () => {
      for (const server of httpServersOf(this.adapterHost))
        this.#guard(server, 0);
    };
    guardAll();
    if (isFastify(instance))
      instance.addHook('onListen', (done: () => void) => {
        guardAll();
        done();
      });
  }

  /** The request whose upgrade opened this socket, if there is one. */
  upgradeRequestOf(socket: unknown): IncomingMessage | undefined {
    return this.#upgrades.get(socket as object);
  }

  #guard(server: EventEmitter, port: number): void {
    if (this.#guarded.has(server)) return;
    this.#guarded.add(server);
    const instance: unknown = this.adapterHost.httpAdapter?.getInstance();
    const guarded = { server, port, framework: frameworkListener(instance) };
    interceptEvents(
      server,
      // Stryker disable next-line ArrowFunction: fast path, see bench
      (event, subject) =>
        // Stryker disable next-line ConditionalExpression: fast path, see bench
        isRequestEvent(event) && this.gate.admits(subject as IncomingMessage),
      (emit, args) => {
        const [event] = args;
        if (isRequestEvent(event))
          return this.#onRequest(guarded, emit, args as RequestEvent);
        if (event === 'upgrade' || event === 'connect')
          return this.#onSocket(guarded, emit, args as SocketEvent);
        return event === 'stream'
          ? this.#onStream(guarded, emit, args as StreamEvent)
          : emit(...args);
      },
    );
    sendContinueUnlessHandled(server);
  }

  #onRequest(guarded: Guarded, emit: Emit, args: RequestEvent): boolean {
    const { framework, port } = guarded;
    const [event, request, response] = args;
    const passage = this.gate.judge(request, () =>
      // Only listeners of the application get this event, never the framework.
      event === 'checkExpectation'
        ? undefined
        : this.openings.forRequest(port, request),
    );
    void passage.then((how) => {
      if (typeof how !== 'string')
        return this.#sender.onRequest(framework, request, response, how);
      // Some listeners would throw, such as that of socket.io for its files.
      if (isDisconnected(response)) return;
      const only = this.#goesToAll(how) ? undefined : framework;
      if (only === undefined) {
        if (!emit(...args)) closeUnhandled(response);
        return;
      }
      // Fastify's router may respond before its hooks.
      if (how === 'route') this.held.hold(request, response);
      if (event === 'checkContinue') response.writeContinue();
      only(request, response);
    });
    return true;
  }

  #onSocket(guarded: Guarded, emit: Emit, args: SocketEvent): boolean {
    const [event, request, socket] = args;
    const serve = () => {
      this.#upgrades.set(socket, request);
      return emit(...args);
    };
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (this.gate.admits(request)) return serve();
    const passage = this.gate.judge(request, () =>
      event === 'upgrade'
        ? this.openings.forUpgrade(guarded.port, request)
        : undefined,
    );
    const release = suppressErrors(socket, () => request.socket.writable);
    void passage.then((how) => {
      if (typeof how !== 'string') this.#sender.onSocket(request, socket, how);
      else if (release() && !serve()) closeUnhandledSocket(request, socket);
    });
    return true;
  }

  /** Node's own listener turns streams into requests. Those of the application get the stream before that. */
  #onStream({ server }: Guarded, emit: Emit, args: StreamEvent): boolean {
    const own = nodesStreamListener(server);
    // Stryker disable next-line ConditionalExpression,StringLiteral: it saves time
    if (own && server.listenerCount('stream') === 1) return emit(...args);
    const [, stream, headers, , rawHeaders] = args;
    const { ':path': url, ':method': method } = headers;
    const { socket } = stream.session ?? {};
    const request = { headers, rawHeaders, url, method, socket };
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (this.gate.admits(request)) return emit(...args);
    const passage = this.gate.judge(request, () =>
      this.openings.forStream(request),
    );
    const release = suppressErrors(stream, () => !stream.closed);
    void passage.then((how) => {
      if (!release()) return;
      // Stryker disable next-line ConditionalExpression: the request that Node makes of the stream would be refused
      if (typeof how !== 'string') return this.#sender.onStream(stream, how);
      if (this.#goesToAll(how)) return void emit(...args);
      // Stryker disable next-line OptionalChaining: Node adds its listener with the first one for requests
      own?.apply(server, args.slice(1));
    });
    return true;
  }

  /** In report mode every listener gets what a rule allows, as without this library. */
  #goesToAll(passage: Opening['passage']): boolean {
    return passage === 'listeners' || !this.refusals.enforced;
  }
}
