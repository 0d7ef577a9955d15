import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A redis-server of our own, on a free port of the loopback; its data outlive a stop and a start, and no more. */
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
    await line(this.#server, /Ready to accept connections/);
  }

  async stop(signal = 'SIGTERM') {
    await ended(this.#server, signal);
  }

  /** `SIGSTOP`: it takes connections and commands, and answers nothing; `SIGCONT`: all at once. */
  signal(signal) {
    this.#server.kill(signal);
  }

  async remove() {
    await this.stop('SIGKILL');
    rmSync(this.#directory, { recursive: true });
  }
}

/** The sample in a process of its own. */
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
      const [, port] = await line(
        tenants.#process,
        /Listening on http:\/\/localhost:(\d+)/,
      );
      tenants.port = Number(port);
    } catch (error) {
      throw new Error(`It did not start:\n${tenants.output}`, { cause: error });
    }
    return tenants;
  }

  get running() {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The status of one request. */
  async status(host, path = '/', method = 'GET') {
    const asked = request({
      port: this.port,
      host: '127.0.0.1',
      path,
      method,
      agent: this.#agent,
      headers: { host },
    });
    asked.end();
    const [response] = await once(asked, 'response');
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

  /** How long until a host gets this status, in ms; it is asked without a pause. */
  async msUntil(host, status, limitMs = 5_000) {
    const from = performance.now();
    for (;;) {
      const got = await this.status(host);
      const ms = performance.now() - from;
      if (got === status) return ms;
      if (ms > limitMs)
        throw new Error(`${host} gets ${got} and not ${status} after ${ms} ms`);
    }
  }

  /** @returns the exit code; `null` where it had to be killed */
  async stop() {
    this.#agent.destroy();
    return ended(this.#process, 'SIGTERM');
  }
}

async function ended(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null)
    return child.exitCode;
  const exit = once(child, 'exit');
  child.kill(signal);
  const late = new AbortController();
  void setTimeout(10_000, undefined, { signal: late.signal })
    .then(() => child.kill('SIGKILL'))
    .catch(() => undefined);
  const [code] = await exit;
  late.abort();
  return code;
}

/** The first match in what a process prints. */
function line(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match) resolve(match);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
