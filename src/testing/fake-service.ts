import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { isIPv6 } from 'node:net';
import type { FakeServiceOptions } from './fake-service.options.js';
import type { Fault } from './fault.js';
import { injectFault } from './inject-fault.js';
import { sendReply, type Reply } from './reply.js';

/**
 * A request to a fake service, and the status of its response.
 *
 * @example
 * ```ts
 * expect(imds.requests[0]).toMatchObject({ method: 'PUT', path: '/latest/api/token', status: 200 });
 * ```
 */
export interface FakeServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The HTTP status of the response; `undefined` if a fault replaced the response. */
  readonly status: number | undefined;
}

/**
 * An HTTP service on this machine that can fail in each way that real metadata services do.
 *
 * @example
 * ```ts
 * const imds: FakeService = await FakeEc2Metadata.start();
 * imds.fault = { kind: 'silence' };
 * await imds.stop();
 * ```
 */
export abstract class FakeService {
  /** All requests since the start, oldest first. Set its `length` to 0 to clear it. */
  readonly requests: FakeServiceRequest[] = [];
  /** The number of connections since the start, with or without a request. */
  connections = 0;
  /**
   * The delay of each response in milliseconds.
   *
   * @default 0
   */
  latencyMs = 0;

  #fault: Fault | null = null;
  #faultsLeft = 0;
  #address = '';
  readonly #server = createServer((request, response) =>
    this.#handle(request, response),
  );

  /** `http://host:port`, without a slash at its end. */
  get url(): string {
    return `http://${this.#address}`;
  }

  /** The current fault; `null` for none, also after `times` requests. */
  get fault(): Fault | null {
    return this.#fault;
  }

  set fault(fault: Fault | null) {
    this.#fault = fault;
    this.#faultsLeft = fault?.times ?? Number.POSITIVE_INFINITY;
  }

  /** Closes all connections and stops listening. A second call does nothing. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** @hidden The response of the real service. */
  protected abstract reply(request: IncomingMessage): Reply;

  /** @hidden */
  protected async listen(options: FakeServiceOptions): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = options;
    this.#server.on('connection', () => this.connections++);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve());
    });
    const bound = this.#server.address();
    const name = isIPv6(host) ? `[${host}]` : host;
    if (typeof bound === 'object' && bound !== null)
      this.#address = `${name}:${bound.port}`;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    const fault = this.#faultFor(`${method} ${path}`);
    const reply = this.reply(request);
    const status = fault ? undefined : reply.status;
    this.requests.push({ method, path, headers, status });
    // The client may disconnect while a fault still writes.
    response.on('error', () => undefined);
    const respond = (): void =>
      fault ? injectFault(response, reply, fault) : sendReply(response, reply);
    if (this.latencyMs === 0) return respond();
    const timer = setTimeout(respond, this.latencyMs);
    response.on('close', () => clearTimeout(timer));
  }

  #faultFor(request: string): Fault | null {
    const fault = this.#fault;
    if (!fault || (fault.on && request.search(fault.on) < 0)) return null;
    if (--this.#faultsLeft <= 0) this.#fault = null;
    return fault;
  }
}
