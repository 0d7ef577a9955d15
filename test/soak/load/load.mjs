import { randomFor } from '../../fuzz/requests/random.mjs';
import { checkHealth } from './balancers.mjs';
import { HostileClients, ROUND } from './hostile.mjs';
import { PIPELINED, PipelinedClient } from './pipelined.mjs';
import { repeat } from './repeat.mjs';
import { opener, SLOW_CLIENTS, upgradeNeverClosed } from './slow.mjs';
import { useWebSockets } from './websockets.mjs';

const KEPT_CONNECTIONS = 10;
const HOSTILE_CLIENTS = 4;
/** The share of requests in kept connections; the rest are those of the fuzz. */
const KEPT_SHARE = 0.7;
const BALANCERS_MS = 1000;
const WEBSOCKETS_MS = 500;
const SLOW_MS = 500;
/** In half an hour it opens some 360 sockets, which it keeps. */
const NEVER_CLOSED_MS = 5000;

/** All clients of one application. */
export class Load {
  #stop = new AbortController();
  #pipelined;
  #running;

  /** @param rate requests per second, without those of slow clients and balancers */
  constructor(server, checks, { rate, seed }) {
    this.#pipelined = Array.from(
      { length: KEPT_CONNECTIONS },
      (_, i) => new PipelinedClient(server, checks, randomFor(seed, i)),
    );
    this.#running = this.#run(server, checks, rate, seed);
  }

  async #run(server, checks, rate, seed) {
    const every = (ms, run) => repeat(ms, this.#stop.signal, run);
    const everyMs = (clients, size, share) =>
      (1000 * clients * size) / (rate * share);
    const keptMs = everyMs(KEPT_CONNECTIONS, PIPELINED, KEPT_SHARE);
    const hostileMs = everyMs(HOSTILE_CLIENTS, ROUND, 1 - KEPT_SHARE);
    const hostile = new HostileClients(server, checks, seed);
    const open = opener(server);
    await this.#pipelined[0].sendKnown();
    await Promise.all([
      ...this.#pipelined.map((client) => every(keptMs, () => client.send())),
      ...Array.from({ length: HOSTILE_CLIENTS }, () =>
        every(hostileMs, () => hostile.send()),
      ),
      ...SLOW_CLIENTS.map((client) =>
        every(SLOW_MS, () => client(open, checks)),
      ),
      every(NEVER_CLOSED_MS, () => upgradeNeverClosed(server, checks)),
      every(BALANCERS_MS, () => checkHealth(server, checks)),
      every(WEBSOCKETS_MS, () => useWebSockets(server, checks)),
    ]);
  }

  /** Rejects if a client fails by itself. */
  get running() {
    return this.#running;
  }

  /** Waits for the responses that are still missing, and closes all connections. */
  async stop() {
    this.#stop.abort();
    await this.#running;
    for (const client of this.#pipelined) client.close();
  }
}
