import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

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

/** Sends requests one after another in several workers until it is stopped: short ones, slow ones and POSTs. */
export class Load {
  sent = 0;
  readonly lost: string[] = [];
  #stopped = false;
  readonly #agent: Agent;
  readonly #workers: Promise<void>[];

  /** @param keepAlive whether the clients keep their connections to the balancer */
  constructor(
    readonly port: number,
    { workers = 8, keepAlive = true } = {},
  ) {
    this.#agent = new Agent({ keepAlive });
    this.#workers = Array.from({ length: workers }, (_, i) => this.#work(i));
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
    while (!this.#stopped && this.sent < 100_000) {
      this.sent++;
      try {
        const status = await send(
          this.port,
          kind === 2 ? '/slow' : '/',
          this.#agent,
          kind === 1 ? JSON.stringify({ some: 'text' }) : '',
        );
        if (status >= 300) this.lost.push(`status ${status}`);
      } catch (error) {
        this.lost.push(String(error));
      }
    }
  }
}
