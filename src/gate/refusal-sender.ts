import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { ApplicationConfig } from '@nestjs/core';
import type { Disallowed } from '../allowed-hosts.verdict.js';
import { DisallowedHostException } from '../disallowed-host.exception.js';
import { isCaught } from '../frameworks/exception-filters.js';
import type { Refusals } from '../refusals/refusals.js';
import type { AllowedHostsGate } from './allowed-hosts.gate.js';
import type { Listener } from './guarded-server.js';
import {
  respondOnSocket,
  respondOnStream,
  respondWith,
} from './raw-response.js';

/** Sends the refusals of the gate at the server. */
export class RefusalSender {
  readonly #gate: AllowedHostsGate;
  readonly #refusals: Refusals;
  readonly #config: ApplicationConfig;

  constructor(
    gate: AllowedHostsGate,
    refusals: Refusals,
    config: ApplicationConfig,
  ) {
    this.#gate = gate;
    this.#refusals = refusals;
    this.#config = config;
  }

  /**
   * Responds before the framework parses anything. Where a filter of the application catches the exception, it responds
   * instead, with the framework's own request.
   */
  onRequest(
    framework: Listener | undefined,
    request: IncomingMessage,
    response: ServerResponse,
    refused: Disallowed,
  ): void {
    const respond = () => {
      if (!response.headersSent)
        respondWith(response, this.#refusals.responseTo(refused));
    };
    /** The framework has thrown, and will not end what it has begun. */
    const recover = () => {
      if (response.headersSent && !response.writableEnded) response.destroy();
      else respond();
    };
    if (
      // Stryker disable next-line ConditionalExpression: without it a TypeError is caught below
      framework === undefined ||
      !isCaught(this.#config, DisallowedHostException)
    )
      return respond();
    this.#gate.refuseFinally(request, refused);
    try {
      Promise.resolve(framework(request, response)).catch(recover);
    } catch {
      recover();
    }
  }

  /** Responds to an upgrade or a CONNECT. */
  onSocket(
    request: IncomingMessage,
    socket: Duplex | ServerResponse,
    refused: Disallowed,
  ): void {
    respondOnSocket(request, socket, this.#refusals.responseTo(refused));
  }

  /** Responds on an HTTP/2 stream. */
  onStream(stream: ServerHttp2Stream, refused: Disallowed): void {
    respondOnStream(stream, this.#refusals.responseTo(refused));
  }
}
