import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../support/processes.mjs';
import {
  RawConnection,
  sendRequest,
  tcp,
  type Connect,
} from '../support/raw-client.js';
import { until } from '../support/until.js';

/** Files that nginx writes for itself go below its prefix, so that it needs no root. */
const OWN_FILES = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  .map((name) => `${name}_temp_path temp/${name};\n`)
  .join('');

const running = new Set<Nginx>();

/** Stops each nginx of this file. */
export async function stopNginx(): Promise<void> {
  const all = [...running];
  running.clear();
  await Promise.all(all.map((nginx) => nginx.stop()));
}

/** An nginx with its own copy of configuration files, on a free port of the loopback. */
export class Nginx {
  #process: ChildProcess | undefined;
  #errors: Promise<string> | undefined;

  private constructor(
    readonly port: number,
    readonly prefix: string,
  ) {}

  /**
   * @param folders their files are laid over each other, as [from, below `/etc/nginx/`]; one of them has `nginx.conf`
   * @param appPort where the application listens, instead of at one of `appAddresses`
   */
  static async start(
    folders: readonly (readonly [string, string])[],
    appPort: number,
    appAddresses: readonly string[],
  ): Promise<Nginx> {
    const prefix = mkdtempSync(join(tmpdir(), 'nginx-'));
    const nginx = new Nginx(await freePort(), prefix);
    // nginx writes no log with a variable in its path unless the root of the request exists.
    for (const folder of ['html', 'log/healthd', 'temp'])
      mkdirSync(join(prefix, folder), { recursive: true });
    for (const [from, to] of folders)
      cpSync(from, join(prefix, to), { recursive: true });
    nginx.#replaceAddresses(appPort, appAddresses);
    mkdirSync(join(prefix, 'conf.d'), { recursive: true });
    writeFileSync(join(prefix, 'conf.d/own-files.conf'), OWN_FILES);
    const settings = [
      'daemon off',
      `pid ${prefix}/nginx.pid`,
      ...(process.getuid?.() === 0 ? ['user root'] : []),
    ];
    const child = spawn(
      'nginx',
      [
        '-p',
        prefix,
        '-c',
        join(prefix, 'nginx.conf'),
        '-e',
        'stderr',
        '-g',
        settings.map((line) => `${line};`).join(' '),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    running.add(nginx);
    nginx.#process = child;
    nginx.#errors = text(child.stderr);
    await until(async () => {
      if (child.exitCode !== null)
        throw new Error(`nginx did not start:\n${await nginx.#errors}`);
      return accepts(nginx.port);
    });
    return nginx;
  }

  /** A signal that nginx handles: with SIGKILL its workers would stay. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.prefix, { recursive: true, force: true });
  }

  get connect(): Connect {
    return tcp(this.port);
  }

  async get(path: string, host: string | undefined): Promise<number> {
    return (await sendRequest(this.connect, `GET ${path}`, host)).status;
  }

  /** The status of the response to a WebSocket handshake. nginx keeps the connection of a refusal. */
  async upgrade(path: string, host: string): Promise<number> {
    const connection = new RawConnection(this.connect).send(
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    );
    await connection.until((received) => received.includes('\r\n\r\n'));
    connection.destroy();
    return Number(/^HTTP\/1\.1 (\d+)/.exec(connection.received)?.[1]);
  }

  /** The statuses in the log from which Elastic Beanstalk computes the health of an environment. */
  healthLog(): readonly string[] {
    const folder = join(this.prefix, 'log/healthd');
    return readdirSync(folder)
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
      .filter((line) => line !== '')
      .map((line) => line.split('"')[2] ?? '');
  }

  accessLog(): readonly string[] {
    return readFileSync(join(this.prefix, 'log/access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  /** Nothing else is changed in the files: they are tested as they stand. */
  #replaceAddresses(appPort: number, appAddresses: readonly string[]): void {
    for (const name of readdirSync(this.prefix, { recursive: true })) {
      if (!String(name).endsWith('.conf')) continue;
      const file = join(this.prefix, String(name));
      let text = readFileSync(file, 'utf8')
        .replaceAll(/listen (?:\[::\]:)?80\b/g, `listen 127.0.0.1:${this.port}`)
        .replaceAll('/var/log/nginx', `${this.prefix}/log`);
      // The port of this nginx may begin with that of an application: 30007 with 3000.
      for (const address of appAddresses)
        text = text.replaceAll(
          new RegExp(`${address}\\b`, 'g'),
          `127.0.0.1:${appPort}`,
        );
      writeFileSync(file, text);
    }
  }
}

/** Without a request, so that the logs stay empty. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
