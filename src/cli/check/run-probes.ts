import type { Exchange, Server } from '../http/exchange.js';
import { sendHttp2 } from '../http/http2.js';
import { send } from '../http/send.js';
import type { Probe, Result } from './probe.js';

/** Sends requests one after the other. */
export class ProbeRunner {
  readonly #server: Server;
  /** By path: how many requests in a row got no response in time. */
  readonly #timeouts = new Map<string, number>();

  constructor(server: Server) {
    this.#server = server;
  }

  async run(probe: Probe): Promise<Result> {
    const { target } = probe.request;
    const timeouts = this.#timeouts.get(target) ?? 0;
    // A path that hangs would take minutes. The first requests show it.
    if (timeouts >= MAX_TIMEOUTS) return { probe, exchange: undefined };
    const exchange = await this.#send(probe);
    const timedOut = exchange.kind === 'none' && exchange.cause === 'timeout';
    this.#timeouts.set(target, timedOut ? timeouts + 1 : 0);
    return { probe, exchange };
  }

  #send({ request, http2, connectTo }: Probe): Promise<Exchange> {
    const server = { ...this.#server, host: connectTo ?? this.#server.host };
    return http2 ? sendHttp2(server, request) : send(server, request);
  }
}

const MAX_TIMEOUTS = 2;
