import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isInstalled, run } from '../support/commands.js';
import { freePort } from '../support/processes.mjs';
import { until } from '../support/until.js';

/** Whether HAProxy is installed. */
export const hasHaproxy = isInstalled('haproxy', '-v');

/** An HTTP check with that Host. */
export const checkWith = (host: string) =>
  `http-check send meth GET uri /health ver HTTP/1.1 hdr Host ${host}`;

/** What a server needs that speaks HTTP/2. */
export const http2Of = (platform: string) =>
  platform.endsWith('h2c') ? ' proto h2 check-proto h2' : '';

export const allUp = (states: ReadonlyMap<string, string>) =>
  [...states.values()].every((state) => state === 'UP');

/** A HAProxy with the given backends, and what it reports of them. */
export class Haproxy {
  private constructor(
    readonly port: number,
    readonly statsPort: number,
  ) {}

  /** @param backends the section of each backend; the first one serves */
  static async start(
    backends: Readonly<Record<string, readonly string[]>>,
  ): Promise<Haproxy> {
    const haproxy = new Haproxy(await freePort(), await freePort());
    const [first = ''] = Object.keys(backends);
    const lines = [
      'defaults',
      '  mode http',
      '  retries 0',
      // Node ends a response over HTTP/2 in a frame of its own; HAProxy would wait 200 ms for more data to send.
      '  option http-no-delay',
      '  timeout connect 2s',
      '  timeout client 10s',
      '  timeout server 10s',
      'frontend front',
      `  bind 127.0.0.1:${haproxy.port}`,
      `  default_backend ${first}`,
      'frontend stats',
      `  bind 127.0.0.1:${haproxy.statsPort}`,
      '  stats enable',
      '  stats uri /',
      ...Object.entries(backends).flatMap(([name, section]) => [
        `backend ${name}`,
        ...section.map((line) => `  ${line}`),
      ]),
      '',
    ];
    const folder = mkdtempSync(join(tmpdir(), 'haproxy-'));
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, lines.join('\n'));
    const child = run('haproxy', ['-db', '-q', '-f', file]);
    child.once('exit', () => rmSync(folder, { recursive: true }));
    return haproxy;
  }

  /** The state of each server, as `UP`, `DOWN` or on the way between. */
  async states(): Promise<ReadonlyMap<string, string>> {
    const csv = await new Promise<string>((resolve) => {
      const request = get(
        { port: this.statsPort, host: '127.0.0.1', path: '/;csv' },
        (response) => resolve(text(response)),
      );
      request.on('error', () => resolve(''));
    });
    const rows = csv.split('\n').map((line) => line.split(','));
    const column = rows[0]?.indexOf('status') ?? -1;
    return new Map(
      rows
        .filter(([, name = '']) => /^s\d$/.test(name))
        .map((row) => [`${row[0]}/${row[1]}`, row[column] ?? '']),
    );
  }

  /** Waits until every server is in the expected state. */
  async until(
    wanted: (states: ReadonlyMap<string, string>) => boolean,
  ): Promise<ReadonlyMap<string, string>> {
    let states: ReadonlyMap<string, string> = new Map();
    await until(
      async () => {
        states = await this.states();
        return states.size > 0 && wanted(states);
      },
      () => JSON.stringify([...states]),
    );
    return states;
  }
}
