import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const EXIT_MS = 30_000;
const NEST_11 = pathToFileURL(
  join(import.meta.dirname, 'server/nest-11.mjs'),
).href;

/** An application in a process of its own. It takes the commands of server/main.mjs. */
export class ServerProcess {
  isSecure;
  port;
  /** The port of the gateways that have one of their own. */
  gatewayPort;
  hasExited = false;
  #child;
  #exited;

  constructor(
    platform,
    settingName,
    {
      isSecure,
      nest,
      main = join(import.meta.dirname, 'server/main.mjs'),
      env = process.env,
    },
  ) {
    this.isSecure = isSecure;
    this.#child = fork(main, [platform, settingName], {
      execArgv: [
        '--expose-gc',
        '--disable-warning=DEP0170',
        ...(nest === 11 ? ['--import', NEST_11] : []),
      ],
      env,
    });
    this.#exited = once(this.#child, 'exit').finally(() => {
      this.hasExited = true;
    });
  }

  async started() {
    const { port, gatewayPort } = await this.#message();
    this.port = port;
    this.gatewayPort = gatewayPort;
  }

  async request(command) {
    const message = this.#message();
    this.#child.send(command);
    return message;
  }

  /** Ends the application by SIGTERM or by `app.close()`, and returns its last report. Its process must exit by itself. */
  async end(how) {
    const report = this.#message();
    if (how === 'signal') this.#child.kill('SIGTERM');
    else this.#child.send('close');
    const limit = setTimeout(() => this.kill(), EXIT_MS);
    const [code, signal] = await this.#exited;
    clearTimeout(limit);
    const isExpected = code === 0 || (how === 'signal' && signal === 'SIGTERM');
    return {
      ...(await report),
      fault: isExpected
        ? undefined
        : `the server exited with ${code ?? signal}`,
    };
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  /** Returns the next message, and throws if the server exits first. */
  async #message() {
    const [message] = await Promise.race([
      once(this.#child, 'message'),
      this.#exited.then(([code, signal]) => {
        throw new Error(`the server crashed: ${code ?? signal}`);
      }),
    ]);
    return message;
  }
}
