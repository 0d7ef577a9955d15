import { TIMEOUT_MS } from '../../fuzz/client/connect.mjs';
import { firstResponse } from '../../support/http-response.mjs';

/** A connection on which the client sends several requests at once, again and again. */
export class KeptConnection {
  #socket;
  #text = '';
  #methods = [];
  #responses = [];
  #resolve = () => undefined;

  /** @param socket from `connect()` of the fuzz */
  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1');
      this.#parse(false);
    });
    socket.on('close', () => this.#parse(true));
    // `close` follows.
    socket.on('error', () => undefined);
  }

  get isOpen() {
    return !this.#socket.destroyed && !this.#socket.readableEnded;
  }

  /**
   * Sends requests in one write. Returns the responses in the order in which they arrive: fewer than requests if the
   * server closes the connection or does not respond.
   */
  async send(requests) {
    if (!this.isOpen) return [];
    this.#methods = requests.map(({ method }) => method);
    this.#responses = [];
    const arrived = new Promise((resolve) => (this.#resolve = resolve));
    const limit = setTimeout(() => this.close(), TIMEOUT_MS);
    this.#socket.write(requests.map(({ bytes }) => bytes).join(''), 'latin1');
    await arrived;
    clearTimeout(limit);
    return this.#responses;
  }

  close() {
    this.#socket.destroy();
  }

  #parse(ended) {
    while (this.#responses.length < this.#methods.length) {
      const method = this.#methods[this.#responses.length];
      const response = firstResponse(this.#text, method, ended);
      if (response === undefined) break;
      this.#text = this.#text.slice(response.length);
      this.#responses.push(response);
    }
    if (ended || this.#responses.length === this.#methods.length)
      this.#resolve();
  }
}
