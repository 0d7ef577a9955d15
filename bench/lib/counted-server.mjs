import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { browserHeaders, hosts } from './request-variants.mjs';

const run = promisify(execFile);

const HEADERS = browserHeaders(hosts[7]).map((header) => header.join(': '));
const REQUEST = `GET / HTTP/1.1\r\n${HEADERS.join('\r\n')}\r\n\r\n`;

/** These make two runs equal, as far as V8 allows. */
const NODE_FLAGS = [
  '--single-threaded',
  '--hash-seed=7',
  '--random-seed=7',
  // Under valgrind a server is so slow that V8 takes it for idle: it would shrink the heap and discard compiled code.
  '--no-memory-reducer',
  '--min-semi-space-size=16',
];

/** A server in a process of its own, whose instructions valgrind counts. It gets one request at a time. */
export class CountedServer {
  #child;
  #folder;
  #socket;
  #dumps = 0;

  static async start(platform, variant) {
    const folder = mkdtempSync(join(tmpdir(), 'instructions-'));
    const child = fork(
      new URL('counted-server-child.mjs', import.meta.url),
      [platform, variant],
      {
        execPath: 'valgrind',
        execArgv: [
          '--tool=callgrind',
          // The requests that warm up are not counted, which takes a fraction of the time.
          '--instr-atstart=no',
          '--cache-sim=no',
          '--smc-check=all-non-file',
          `--callgrind-out-file=${folder}/out`,
          `--log-file=${folder}/log`,
          process.execPath,
          ...NODE_FLAGS,
        ],
      },
    );
    const port = await Promise.race([
      once(child, 'message').then(([message]) => message),
      once(child, 'exit').then(() =>
        Promise.reject(new Error(`${platform}, ${variant}: did not start`)),
      ),
    ]);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new CountedServer(child, folder, socket);
  }

  constructor(child, folder, socket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
  }

  async send(requests) {
    for (let i = 0; i < requests; i++) {
      this.#socket.write(REQUEST);
      const [response] = await once(this.#socket, 'data');
      if (!response.includes('HTTP/1.1 200')) throw new Error(`${response}`);
    }
  }

  async startCounting() {
    await this.#command('instrumentation on');
    await this.count(100);
  }

  /** Sends requests; returns the instructions per request, in thousands. */
  async count(requests) {
    await this.send(requests);
    await this.#command('dump');
    const file = join(this.#folder, `out.${++this.#dumps}`);
    const [, total] = /^(?:totals|summary): (\d+)/m.exec(
      readFileSync(file, 'utf8'),
    );
    rmSync(file);
    return Number(total) / requests / 1000;
  }

  async stop() {
    const end = once(this.#child, 'exit');
    this.#socket.destroy();
    this.#child.disconnect();
    await end;
    rmSync(this.#folder, { recursive: true });
  }

  /** vgdb comes with valgrind. */
  #command(text) {
    return run('vgdb', [`--pid=${this.#child.pid}`, text]);
  }
}
