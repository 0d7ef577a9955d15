import { fork } from 'node:child_process';
import { once } from 'node:events';
import autocannon from 'autocannon';
import { browserHeaders, hosts } from './request-variants.mjs';

/** A server in a process of its own, and the requests that are sent to it. */
export class LoadedServer {
  /** @param options options of `fork()`, e.g. another `execPath` */
  static async start(platform, variant, options = {}) {
    const child = fork(
      new URL('loaded-server-child.mjs', import.meta.url),
      [platform, variant],
      options,
    );
    const port = await Promise.race([
      once(child, 'message').then(([message]) => message),
      once(child, 'exit').then(() =>
        Promise.reject(new Error(`${platform}, ${variant}: did not start`)),
      ),
    ]);
    return new LoadedServer(child, port, variant);
  }

  constructor(child, port, variant) {
    this.child = child;
    this.port = port;
    this.variant = variant;
  }

  /** Sends requests; returns the requests per second and the CPU time of one request in microseconds. */
  async send(requests) {
    const before = await this.#cpuUs();
    let resolve;
    let reject;
    const promise = new Promise((...both) => ([resolve, reject] = both));
    let start = 0;
    let end = 0;
    const load = autocannon(
      {
        url: `http://127.0.0.1:${this.port}/`,
        connections: 10,
        amount: requests,
        headers: Object.fromEntries(browserHeaders(hosts[7])),
        sampleInt: 50,
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
    // autocannon's own duration is a multiple of its sample interval.
    load.on('start', () => (start = performance.now()));
    load.on('response', () => (end = performance.now()));
    const result = await promise;
    const cpuUs = (await this.#cpuUs()) - before;
    if (result['2xx'] !== requests)
      throw new Error(
        `${this.variant}: ${result['2xx']} of ${requests} requests succeeded`,
      );
    return {
      rate: requests / ((end - start) / 1000),
      cpu: cpuUs / requests,
    };
  }

  async #cpuUs() {
    this.child.send('cpu');
    const [{ user, system }] = await once(this.child, 'message');
    return user + system;
  }

  async stop() {
    const end = once(this.child, 'exit');
    this.child.disconnect();
    await end;
  }
}
