import { spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/commands.js';
import { freePort } from '../support/processes.mjs';
import { until } from '../support/until.js';
import { send } from './load.js';

/** Whether nginx is installed. */
export const hasNginx =
  spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;

/** An nginx with a pool of kept connections to instances; it sends no request twice. */
export class Nginx {
  #child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly folder: string,
  ) {}

  static async start(instances: readonly number[]): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
    const nginx = new Nginx(await freePort(), folder);
    nginx.#write(instances);
    const child = run('nginx', ['-p', folder, '-c', 'nginx.conf']);
    nginx.#child = child;
    child.once('exit', () => rmSync(folder, { recursive: true }));
    await until(() =>
      send(nginx.port, '/').then(
        () => true,
        () => false,
      ),
    );
    return nginx;
  }

  #write(instances: readonly number[]): void {
    writeFileSync(
      join(this.folder, 'nginx.conf'),
      `
daemon off;
worker_processes 1;
pid ${this.folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path ${this.folder}/body;
  proxy_temp_path ${this.folder}/proxy;
  fastcgi_temp_path ${this.folder}/fastcgi;
  uwsgi_temp_path ${this.folder}/uwsgi;
  scgi_temp_path ${this.folder}/scgi;
  upstream app {
    ${instances.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${this.port};
    proxy_next_upstream off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    location / {
      proxy_pass http://app;
    }
  }
}
`,
    );
  }
}
