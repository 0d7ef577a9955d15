import { connect } from '../../fuzz/client/connect.mjs';
import { recovery } from '../outages.mjs';
import { KeptConnection } from './kept-connection.mjs';
import { knownRequest, numberedRequest } from './numbered-request.mjs';

/** Requests of one write. */
export const PIPELINED = 8;
/** After so many writes a client opens another connection. */
const WRITES = 40;
const PROXY = '127.0.0.1';

/** A client that keeps its connection and sends several requests at once. */
export class PipelinedClient {
  #server;
  #checks;
  #random;
  #number = 0;
  #connection;
  #writes = 0;

  constructor(server, checks, random) {
    this.#server = server;
    this.#checks = checks;
    this.#random = random;
  }

  /** Lets the lookup allow a name, so that it is known in each outage that follows. */
  async sendKnown() {
    await recovery();
    this.#open();
    const request = knownRequest(this.#number++);
    const [response] = await this.#connection.send([request]);
    this.#checks.numbered(request, response, Date.now());
  }

  async send() {
    if (!this.#connection?.isOpen || this.#writes++ % WRITES === 0)
      this.#open();
    const requests = Array.from({ length: PIPELINED }, () =>
      numberedRequest(this.#number++, this.#random),
    );
    const sentAt = Date.now();
    const responses = await this.#connection.send(requests);
    for (const [i, request] of requests.entries())
      this.#checks.numbered(request, responses[i], sentAt);
    // Responses of the next write could not be told from those that are still missing.
    if (responses.length < requests.length) this.close();
  }

  close() {
    this.#connection?.close();
  }

  #open() {
    this.close();
    const socket = connect(this.#server, PROXY, 'http1');
    this.#connection = new KeptConnection(socket);
  }
}
