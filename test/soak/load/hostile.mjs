import { sendAll } from '../../fuzz/client/send.mjs';
import { makeRequest } from '../../fuzz/requests/make.mjs';
import { SETTING } from '../settings.mjs';

/** Requests of one round. They need several connections, since many of them must be alone on theirs. */
export const ROUND = 16;

/** Sends the requests of the fuzz. */
export class HostileClients {
  #server;
  #checks;
  #seed;
  #index = 0;

  constructor(server, checks, seed) {
    this.#server = server;
    this.#checks = checks;
    this.#seed = seed;
  }

  async send() {
    const requests = Array.from({ length: ROUND }, () =>
      makeRequest(this.#seed, this.#index++, SETTING),
    );
    this.#checks.sent(requests);
    const sentAt = Date.now();
    const responses = await sendAll(this.#server, requests);
    for (const [i, request] of requests.entries())
      this.#checks.hostile(request, responses[i], sentAt);
  }
}
