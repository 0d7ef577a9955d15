import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, terminate, type End } from '../support/commands.js';
import { compile } from '../support/compile.js';
import { freePort } from '../support/processes.mjs';

export interface InstanceSettings {
  readonly platform: 'express' | 'fastify' | 'fastify over h2c';
  readonly port: number;
  /** `health.gracefulShutdownTimeoutMs` */
  readonly graceMs: number;
  /** The option of the library; without it the framework's own keep-alive remains. */
  readonly keepAliveTimeoutMs?: number;
}

/** The application as JavaScript; removed after the tests of the file. */
export function builtApp(): string {
  const target = compile(['test/balancers/app.ts']);
  afterAll(() => rmSync(target, { recursive: true }));
  return join(target, 'test/balancers/app.js');
}

/** One instance of the application behind a balancer. It keeps its port when it starts again. */
export class Instance {
  #process: ChildProcess | undefined;

  private constructor(
    readonly app: string,
    readonly settings: InstanceSettings,
  ) {}

  get port(): number {
    return this.settings.port;
  }

  static async start(
    app: string,
    settings: Omit<InstanceSettings, 'port'>,
  ): Promise<Instance> {
    const port = await freePort();
    const instance = new Instance(app, { ...settings, port });
    await instance.start();
    return instance;
  }

  async start(): Promise<void> {
    const child = run(process.execPath, [
      this.app,
      JSON.stringify(this.settings),
    ]);
    this.#process = child;
    const output = child.stdout;
    if (output === null) throw new Error('no output');
    await Promise.race([
      once(output, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(
          `The instance on ${this.settings.platform} ended at its start.`,
        );
      }),
    ]);
  }

  /** Sends SIGTERM and waits for the end. */
  async stop(): Promise<End> {
    if (this.#process === undefined) throw new Error('not started');
    return terminate(this.#process, KILL_AFTER_MS);
  }
}

/** Grace and force are 4 s together. */
const KILL_AFTER_MS = 20_000;
