import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { isIPv6 } from 'node:net';
import type { Fault, Reply } from './fault.js';
import { injectFault, send } from './inject-fault.js';

/** Where a fake listens. */
export interface FakeServiceOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** A request as it came in, and what was answered. */
export interface FakeServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The status it got, `undefined` where a fault answered instead. */
  readonly status: number | undefined;
}

/** An HTTP service on this machine that can be made to fail in every way that has been seen. */
export abstract class FakeService {
  /** All requests since the start, oldest first. Set its `length` to 0 to forget them. */
  readonly requests: FakeServiceRequest[] = [];
  /** How many connections were opened, answered or not. */
  connections = 0;
  /** Milliseconds between a request and its answer. */
  latencyMs = 0;

  private currentFault: Fault | null = null;
  private faultsLeft = 0;
  private address = '';
  private readonly server = createServer((request, response) =>
    this.handle(request, response),
  );

  /** `http://host:port`, without a slash at its end. */
  get url(): string {
    return `http://${this.address}`;
  }

  /** What goes wrong from now on; `null` for nothing, also once `times` is spent. */
  get fault(): Fault | null {
    return this.currentFault;
  }

  set fault(fault: Fault | null) {
    this.currentFault = fault;
    this.faultsLeft = fault?.times ?? Number.POSITIVE_INFINITY;
  }

  /** Closes every connection and stops listening. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  /** @internal What the real service would answer. */
  protected abstract reply(request: IncomingMessage): Reply;

  protected async listen(options: FakeServiceOptions): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = options;
    this.server.on('connection', () => this.connections++);
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => resolve());
    });
    const bound = this.server.address();
    const name = isIPv6(host) ? `[${host}]` : host;
    if (typeof bound === 'object' && bound !== null)
      this.address = `${name}:${bound.port}`;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    const fault = this.takeFault(`${method} ${path}`);
    const reply = this.reply(request);
    const status = fault ? undefined : reply.status;
    this.requests.push({ method, path, headers, status });
    // Who asked may be gone while a fault is still being played.
    response.on('error', () => undefined);
    const answer = (): void =>
      fault ? injectFault(response, reply, fault) : send(response, reply);
    if (this.latencyMs === 0) return answer();
    const timer = setTimeout(answer, this.latencyMs);
    response.on('close', () => clearTimeout(timer));
  }

  private takeFault(request: string): Fault | null {
    const fault = this.currentFault;
    if (!fault || (fault.on && request.search(fault.on) < 0)) return null;
    if (--this.faultsLeft <= 0) this.currentFault = null;
    return fault;
  }
}
