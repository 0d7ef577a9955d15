import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { isInstalled, run } from '../support/commands.js';
import { startNginx } from '../support/nginx.js';
import { freePort } from '../support/processes.mjs';
import { responds } from '../support/responds.js';
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

/** An nginx in front of a port, with these lines in its `location /` and beside it. */
export const nginx = (
  upstream: number,
  location: readonly string[],
  server: readonly string[] = [],
): Promise<number> =>
  startNginx({
    location: [`proxy_pass http://127.0.0.1:${upstream};`, ...location],
    server,
  });

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
