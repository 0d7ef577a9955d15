import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { firstResponse } from '../../test/support/http-response.mjs';

/** A server with ruled routes in a process of its own, and the requests that are sent to it. */
export class RefusalServer {
  static async start(platform, routes) {
    const child = fork(
      new URL('refusal-server-child.mjs', import.meta.url),
      [platform, String(routes)],
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    // The server logs each refusal; this process reads the lines, as a container runtime does.
    child.stdout.resume();
    child.stderr.resume();
    const [port] = await once(child, 'message');
    return new RefusalServer(child, port);
  }

  #socket;

  constructor(child, port) {
    this.child = child;
    this.port = port;
  }

  /** Sends requests one after another; returns the CPU time of one of them in microseconds, and the statuses. */
  async cpuUs(target, hostOf, count) {
    const statuses = new Set();
    const before = await this.#spentUs();
    for (let i = 0; i < count; i++)
      statuses.add(await this.#status(target, hostOf()));
    const cpuUs = ((await this.#spentUs()) - before) / count;
    return { cpuUs, statuses: [...statuses] };
  }

  /** The status of a response. The connection is kept if the server keeps it. */
  async #status(target, host) {
    const socket = (this.#socket ??= connect(this.port, '127.0.0.1'));
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1');
    let text = '';
    for (;;) {
      const [chunk] = await once(socket, 'data');
      text += chunk.latin1Slice();
      const response = firstResponse(text, 'GET', false);
      if (response === undefined) continue;
      if (response.headers.connection === 'close') {
        socket.destroy();
        this.#socket = undefined;
      }
      return response.status;
    }
  }

  async #spentUs() {
    this.child.send('cpu');
    const [{ user, system }] = await once(this.child, 'message');
    return user + system;
  }

  async stop() {
    this.#socket?.destroy();
    this.child.disconnect();
    await once(this.child, 'exit');
  }
}
