import type { ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AllowedHostsPolicy } from '../allowed-hosts.policy.js';
import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import type { RefusalResponse } from '../refusals/refusal-response.js';
import { Refusals } from '../refusals/refusals.js';
import {
  isDisconnected,
  respondOnStream,
  respondWith,
  streamOf,
} from './raw-response.js';

/**
 * Only the route itself may respond to a request that its rule allows. Static files and other middleware run before it:
 * until the guard has allowed the request on its route, a response with a status below 400 is replaced by the refusal. In
 * report mode it passes, and the refusal is reported.
 */
@Injectable()
export class HeldResponses {
  readonly #held = new WeakMap<HostRequest, HeldResponse>();

  constructor(
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(Refusals) private readonly refusals: Refusals,
  ) {}

  hold(request: AnyRequest, response: ServerResponse): void {
    const raw = rawRequest(request);
    if (this.#held.has(raw)) return;
    const refusal = async () => {
      const verdict = await this.policy.verdictFor(request);
      const refused = this.refusals.refuse(verdict, request);
      return refused && this.refusals.responseTo(refused);
    };
    const { enforced } = this.refusals;
    this.#held.set(raw, new HeldResponse(response, refusal, enforced));
  }

  /** Lets the route respond. */
  release(request: AnyRequest): void {
    this.#held.get(rawRequest(request))?.open();
  }
}

/** A response whose status is checked before it is sent. */
class HeldResponse {
  /** Whether what is sent passes; `undefined` until the route or other code responds. */
  #isOpen: boolean | undefined;
  /** The status of an error that is being sent. */
  #error: number | undefined;
  /**
   * Node's own methods: compression, sessions and others replace those of the response, and may have ended already when
   * the refusal is sent.
   */
  readonly #original: Record<'writeHead' | 'end', Send<ServerResponse>>;

  readonly #response: ServerResponse;
  readonly #refusal: () => Promise<RefusalResponse | undefined>;
  readonly #enforced: boolean;

  constructor(
    response: ServerResponse,
    refusal: () => Promise<RefusalResponse | undefined>,
    enforced: boolean,
  ) {
    this.#response = response;
    this.#refusal = refusal;
    this.#enforced = enforced;
    const writeHead = response.writeHead.bind(response) as Send<ServerResponse>;
    const write = response.write.bind(response) as Send<boolean>;
    const end = response.end.bind(response) as Send<ServerResponse>;
    const writeEarlyHints = response.writeEarlyHints.bind(
      response,
    ) as Send<void>;
    this.#original = { writeHead, end };
    response.writeHead = (asked: number, ...rest: unknown[]) => {
      // Node calls this within write() and end(), and sends the body in any case. Other code may have changed the status.
      const status = isError(asked) ? asked : (this.#error ?? asked);
      return this.#passes(status) ? writeHead(status, ...rest) : response;
    };
    response.write = (...args: unknown[]) =>
      this.#send(() => write(...args), true);
    response.end = (...args: unknown[]) =>
      this.#send(() => end(...args), response);
    response.writeEarlyHints = (...args: unknown[]) => {
      if (this.#isOpen || !enforced) writeEarlyHints(...args);
    };
  }

  open(): void {
    this.#isOpen ??= true;
  }

  #send<T>(send: () => T, dropped: T): T {
    if (!this.#passes()) return dropped;
    if (this.#isOpen) return send();
    this.#error = this.#response.statusCode;
    try {
      return send();
    } finally {
      this.#error = undefined;
    }
  }

  #passes(status = this.#response.statusCode): boolean {
    if (this.#isOpen !== undefined) return this.#isOpen;
    // An error opens nothing: writeHead() may throw, and another status may follow.
    if (this.#response.headersSent || isError(status)) return true;
    this.#isOpen = !this.#enforced;
    void (this.#enforced ? this.#replace() : this.#refusal());
    return this.#isOpen;
  }

  /** Sends the refusal instead of a response of other code. */
  async #replace(): Promise<void> {
    const response = this.#response;
    const refusal = await this.#refusal();
    // Over HTTP/2 Node would throw.
    if (isDisconnected(response)) return;
    // Stryker disable next-line ConditionalExpression,LogicalOperator,BlockStatement: closed if the list has changed meanwhile
    if (refusal === undefined || response.headersSent) {
      response.destroy();
      return;
    }
    const stream = streamOf(response);
    // end() of HTTP/2 calls write(), which other code may have replaced.
    if (stream) return respondOnStream(stream, refusal);
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.statusMessage = '';
    respondWith(this.#original, refusal);
  }
}

const isError = (status: number) => status >= 400;

type Send<T> = (...args: readonly unknown[]) => T;
