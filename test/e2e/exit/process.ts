import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { run, terminate, type End } from '../../support/commands.js';
import { freePort } from '../../support/processes.mjs';
import { until } from '../../support/until.js';

export interface AppSettings {
  readonly server:
    | `${'express' | 'fastify'}, ${'http' | 'https'}`
    | 'fastify, h2c'
    | 'fastify, h2';
  readonly webSocket: 'ws' | 'socket.io';
  /** How SIGTERM ends the application: `app.enableShutdownHooks()` or a listener that calls `app.close()`. */
  readonly end: 'shutdown hooks' | 'app.close()';
  readonly graceMs: number;
  readonly forceMs: number;
  readonly port: number;
  readonly key: string;
  readonly cert: string;
}

/** The application in a process of its own. */
export class AppProcess {
  #output = '';

  private constructor(
    readonly port: number,
    readonly child: ChildProcess,
  ) {
    child.stdout?.on(
      'data',
      (chunk: Buffer) => (this.#output += String(chunk)),
    );
  }

  /** What the application has logged. */
  get lines(): readonly string[] {
    return this.#output.split('\n').filter((line) => line !== '');
  }

  static async start(
    file: string,
    settings: Omit<AppSettings, 'port'>,
  ): Promise<AppProcess> {
    const port = await freePort();
    const child = run(
      process.execPath,
      [file, JSON.stringify({ ...settings, port })],
      'ipc',
    );
    const app = new AppProcess(port, child);
    await app.logs('listening');
    return app;
  }

  /** Waits until the application has logged a line that many times. */
  async logs(line: string, times = 1): Promise<void> {
    await until(() => {
      if (this.child.exitCode !== null)
        throw new Error(`The process ended at its start: ${this.#output}`);
      return this.lines.filter((one) => one === line).length >= times;
    });
  }

  /** Waits until the server accepts no connection. */
  async closed(): Promise<void> {
    await until(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(this.port, '127.0.0.1');
          socket.once('error', () => resolve(true));
          socket.once('connect', () => {
            socket.destroy();
            resolve(false);
          });
        }),
    );
  }

  /** Lets the slow handlers respond. */
  release(): void {
    this.child.send('release');
  }

  terminate(): Promise<End> {
    return terminate(this.child, KILL_AFTER_MS);
  }
}

/** Only a process that does not end by itself takes that long, also on a busy machine. */
const KILL_AFTER_MS = 30_000;
