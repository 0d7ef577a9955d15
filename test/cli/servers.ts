import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled, run } from '../support/commands.js';
import { freePort } from '../support/processes.mjs';
import { RawConnection, tcp } from '../support/raw-client.js';
import { until } from '../support/until.js';

/** The interpreter that has Django: Debian's package is not in one that pyenv and the like put in front. */
export const python = ['python3', '/usr/bin/python3'].find((command) =>
  isInstalled(command, '-c', 'import django'),
);

const open = new Set<{ close(): void }>();

export function closeServers(): void {
  for (const server of open) server.close();
  open.clear();
}

/** Listens on a free port of the loopback; {@link closeServers} closes it. */
export async function listen(
  server: Server,
  host = '127.0.0.1',
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  open.add({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An HTTP server with this handler. */
export const httpServer = (handler: RequestListener): Promise<number> =>
  listen(createServer(handler));

/** A TCP server that does this with each connection. */
export const tcpServer = (handler: (socket: Socket) => void): Promise<number> =>
  listen(createTcpServer(handler));

/** An nginx in front of a port, with these lines in its `location /`. */
export async function nginx(
  upstream: number,
  location: readonly string[],
  server: readonly string[] = [],
): Promise<number> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off;
pid ${folder}/nginx.pid;
error_log /dev/null;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    ${server.join('\n    ')}
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      ${location.join('\n      ')}
    }
  }
}
`,
  );
  const child = run('nginx', [
    '-e',
    '/dev/null',
    '-p',
    folder,
    '-c',
    join(folder, 'nginx.conf'),
  ]);
  child.once('exit', () => rmSync(folder, { recursive: true }));
  await until(() => responds(port));
  return port;
}

/** A Django application that allows these hosts, in the server of its standard library. */
export async function django(
  hosts: readonly string[],
  { debug = false } = {},
): Promise<number> {
  const port = await freePort();
  run(python ?? '', [
    '-c',
    DJANGO,
    String(port),
    JSON.stringify(hosts),
    debug ? 'debug' : '',
  ]);
  await until(() => responds(port));
  return port;
}

async function responds(port: number): Promise<boolean> {
  const connection = new RawConnection(tcp(port)).send(
    'GET / HTTP/1.0',
    '',
    '',
  );
  return (await connection.closed()).received !== '';
}

const DJANGO = `
import json, logging, sys, wsgiref.simple_server
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

logging.disable(logging.CRITICAL)
settings.configure(
    DEBUG=sys.argv[3] == 'debug',
    SECRET_KEY='x',
    ALLOWED_HOSTS=json.loads(sys.argv[2]),
    ROOT_URLCONF='__main__',
    MIDDLEWARE=['django.middleware.common.CommonMiddleware'],
    LOGGING_CONFIG=None,
)
urlpatterns = [
    path('', lambda request: HttpResponse('Hello World!')),
    path('health', lambda request: HttpResponse('ok')),
]

class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass

wsgiref.simple_server.make_server(
    '127.0.0.1', int(sys.argv[1]), get_wsgi_application(), handler_class=Quiet
).serve_forever()
`;
