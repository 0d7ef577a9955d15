import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const children = new Set<ChildProcess>();

/** Starts a command; {@link endAll} ends it. */
export function run(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

export async function endAll(): Promise<void> {
  await Promise.all(
    [...children].map(async (child) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }),
  );
}

/** One instance of the application behind a balancer. */
export class Instance {
  #process: ChildProcess | undefined;

  constructor(
    readonly app: string,
    readonly platform: string,
    readonly port: number,
  ) {}

  async start(): Promise<void> {
    const child = run(process.execPath, [
      this.app,
      this.platform,
      String(this.port),
    ]);
    this.#process = child;
    const output = child.stdout;
    if (output === null) throw new Error('no output');
    await Promise.race([
      once(output, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(`The instance on ${this.platform} ended at its start.`);
      }),
    ]);
  }

  /** @returns the signal that ended it: its own, if it ended by itself */
  async stop(): Promise<unknown> {
    const child = this.#process;
    if (child === undefined) throw new Error('not started');
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    // Grace and force are 4 s together.
    const limit = setTimeout(() => child.kill('SIGKILL'), 8_000);
    const [, signal] = (await ended) as unknown[];
    clearTimeout(limit);
    return signal;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
