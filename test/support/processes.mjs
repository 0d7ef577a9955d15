import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A redis-server on a free port of the loopback. It keeps its data until `remove()`. */
export class Redis {
  #directory = mkdtempSync(join(tmpdir(), 'redis-'));
  #server;

  static async start() {
    const redis = new Redis();
    redis.port = await freePort();
    await redis.start();
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start() {
    this.#server = spawn(
      'redis-server',
      `--port ${this.port} --bind 127.0.0.1 --dir ${this.#directory} --appendonly yes --appendfsync always`.split(
        ' ',
      ),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await firstMatch(this.#server, /Ready to accept connections/);
  }

  async stop(signal = 'SIGTERM') {
    await end(this.#server, signal);
  }

  /** `SIGSTOP` makes it accept connections and commands without a response, until `SIGCONT`. */
  signal(signal) {
    this.#server.kill(signal);
  }

  async remove() {
    await this.stop('SIGKILL');
    rmSync(this.#directory, { recursive: true });
  }
}

/** The tenants sample in a process of its own. */
export class Tenants {
  #process;
  #agent = new Agent({ keepAlive: true });
  output = '';

  /** @param main the path of its compiled `main.js` */
  static async start(main, env = {}) {
    const tenants = new Tenants();
    tenants.#process = spawn(
      process.execPath,
      ['--unhandled-rejections=strict', main],
      {
        env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', PORT: '0', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [tenants.#process.stdout, tenants.#process.stderr])
      stream.on('data', (chunk) => (tenants.output += chunk));
    try {
      const [, port] = await firstMatch(
        tenants.#process,
        /Listening on http:\/\/localhost:(\d+)/,
      );
      tenants.port = Number(port);
    } catch (error) {
      throw new Error(`The tenants sample did not start:\n${tenants.output}`, {
        cause: error,
      });
    }
    return tenants;
  }

  get running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The HTTP status of the response to one request. */
  async status(host, path = '/', method = 'GET') {
    for (;;) {
      const status = await this.#statusOnce(host, path, method);
      if (status !== undefined) return status;
    }
  }

  /** @returns `undefined` if the server closed the idle connection at the moment when the request was sent on it */
  async #statusOnce(host, path, method) {
    const sent = request({
      port: this.port,
      host: '127.0.0.1',
      path,
      method,
      agent: this.#agent,
      headers: { host },
    });
    sent.end();
    let response;
    try {
      [response] = await once(sent, 'response');
    } catch (error) {
      if (sent.reusedSocket && error.code === 'ECONNRESET') return undefined;
      throw error;
    }
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  }

  add(hostname) {
    return this.status('admin.example.com', `/domains/${hostname}`, 'PUT');
  }

  remove(hostname) {
    return this.status('admin.example.com', `/domains/${hostname}`, 'DELETE');
  }

  /** The time until a host gets this status, in milliseconds; it sends requests without a pause. */
  async msUntil(host, status, limitMs = 60_000) {
    const startedAt = performance.now();
    for (;;) {
      const got = await this.status(host);
      const ms = performance.now() - startedAt;
      if (got === status) return ms;
      if (ms > limitMs)
        throw new Error(
          `${host} gets ${got} instead of ${status} after ${ms} ms`,
        );
    }
  }

  /** @returns the exit code; `null` if a signal ended it */
  async stop() {
    this.#agent.destroy();
    return end(this.#process, 'SIGTERM');
  }
}

/** Sends a signal and waits for the end of the process. A process that ignores the signal is killed. */
async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null)
    return child.exitCode;
  const exit = once(child, 'exit');
  child.kill(signal);
  const timer = new AbortController();
  void setTimeout(KILL_AFTER_MS, undefined, { signal: timer.signal })
    .then(() => child.kill('SIGKILL'))
    .catch(() => undefined);
  const [code] = await exit;
  timer.abort();
  return code;
}

/** Waits for the first match in the output of a process. */
function firstMatch(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match) resolve(match);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the process ended with exit code ${code}`)),
    );
  });
}

/**
 * A port of the loopback that is free. Linux assigns ports from 32768 on to connections and servers, which therefore do
 * not take it before the caller listens.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(20_000, 32_768);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch (error) {
      if (error.code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

const KILL_AFTER_MS = 60_000;
