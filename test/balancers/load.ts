import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

/** One request for the application, as a client of the balancer sends it. */
export function send(
  port: number,
  path: string,
  agent: Agent | false = false,
  body = '',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        path,
        method: body === '' ? 'GET' : 'POST',
        headers: {
          Host: 'example.com',
          ...(body !== '' && {
            'Content-Type': 'application/json',
            'Content-Length': body.length,
          }),
        },
      },
      (response) => {
        text(response).then(() => resolve(response.statusCode ?? 0), reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export interface LoadOptions {
  readonly workers?: number;
  /** Whether the clients keep their connections to the balancer. */
  readonly keepAlive?: boolean;
  /** The pause of a worker between two requests. */
  readonly pauseMs?: number;
  /** Is called at the end of each request. */
  readonly onEnd?: (isLost: boolean) => void;
}

/** Sends requests one after another in several workers until it is stopped: short ones, slow ones and POSTs. */
export class Load {
  sent = 0;
  readonly lost: string[] = [];
  #stopped = false;
  readonly #agent: Agent;
  readonly #workers: Promise<void>[];
  readonly #options: LoadOptions;

  constructor(
    readonly port: number,
    options: LoadOptions = {},
  ) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: options.keepAlive ?? true });
    this.#workers = Array.from({ length: options.workers ?? 8 }, (_, i) =>
      this.#work(i),
    );
  }

  /** How many requests were sent and lost, for a log. */
  get summary(): string {
    return `${this.sent} requests sent, ${this.lost.length} lost`;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
    this.#agent.destroy();
  }

  async #work(worker: number): Promise<void> {
    const kind = worker % 4;
    const { pauseMs = 0, onEnd } = this.#options;
    while (!this.#stopped && this.sent < 100_000) {
      this.sent++;
      const path = kind === 2 ? '/slow' : '/';
      const body = kind === 1 ? JSON.stringify({ some: 'text' }) : '';
      const fault = await this.#fault(path, body);
      if (fault !== undefined) this.lost.push(fault);
      onEnd?.(fault !== undefined);
      if (pauseMs > 0) await setTimeout(pauseMs);
    }
  }

  /** @returns why the application did not serve the request, or `undefined` */
  async #fault(path: string, body: string): Promise<string | undefined> {
    try {
      const status = await send(this.port, path, this.#agent, body);
      return status < 300 ? undefined : `status ${status}`;
    } catch (error) {
      return String(error);
    }
  }
}
