import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled, run } from './commands.js';
import { freePort } from './processes.mjs';
import { responds } from './responds.js';
import { until } from './until.js';

/** Whether nginx is installed. */
export const hasNginx = isInstalled('nginx', '-v');

/** Directives of nginx, by their block. */
export interface Directives {
  readonly http?: readonly string[];
  readonly server?: readonly string[];
  /** Of `location /`. */
  readonly location: readonly string[];
}

/**
 * Starts an nginx with one worker on a free port of the loopback; `endAll()` of `commands.ts` ends it.
 *
 * @returns the port
 */
export async function startNginx(directives: Directives): Promise<number> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, directives));
  const child = run('nginx', ['-e', '/dev/null', '-p', folder, '-c', file]);
  child.once('exit', () => rmSync(folder, { recursive: true }));
  await until(() => responds(port));
  return port;
}

/** Files that nginx writes for itself go to the folder, so that it needs no root. */
const OWN_FILES = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function configuration(
  folder: string,
  port: number,
  { http = [], server = [], location }: Directives,
): string {
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log /dev/null;
events {}
http {
  access_log off;
  ${OWN_FILES.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  ${http.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    ${server.join('\n    ')}
    location / {
      ${location.join('\n      ')}
    }
  }
}
`;
}
