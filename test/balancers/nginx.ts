import { spawnSync } from 'node:child_process';
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

/** An nginx with a pool of kept connections to one instance. It sends no request twice. */
export class Nginx {
  private constructor(readonly port: number) {}

  /** @param instance the port of the application */
  static async start(instance: number): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
    const port = await freePort();
    writeFileSync(
      join(folder, 'nginx.conf'),
      configuration(folder, port, instance),
    );
    const child = run('nginx', ['-p', folder, '-c', 'nginx.conf']);
    child.once('exit', () => rmSync(folder, { recursive: true }));
    await until(() =>
      send(port, '/').then(
        () => true,
        () => false,
      ),
    );
    return new Nginx(port);
  }
}

function configuration(folder: string, port: number, instance: number): string {
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  upstream app {
    server 127.0.0.1:${instance} max_fails=0;
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    proxy_next_upstream off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    location / {
      proxy_pass http://app;
    }
  }
}
`;
}
