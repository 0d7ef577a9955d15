import type { ServerResponse } from 'node:http';
import type { FaultAction, Reply } from './fault.js';

/** Sends what the service has to say, and closes the connection as the real one does. */
export function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(reply.body),
    connection: 'close',
    ...reply.headers,
  });
  response.end(reply.body);
}

/** Does to the answer what the fault says; `reply` is what would have been right. */
export function injectFault(
  response: ServerResponse,
  reply: Reply,
  fault: FaultAction,
): void {
  switch (fault.do) {
    case 'status':
      return send(response, { status: fault.status, body: ERROR_PAGE });
    case 'body':
      return send(response, { status: 200, body: fault.body });
    case 'html':
      return send(response, {
        status: 200,
        body: ERROR_PAGE,
        headers: { 'content-type': 'text/html' },
      });
    case 'redirect':
      return send(response, {
        status: 302,
        body: '',
        headers: { location: fault.to },
      });
    case 'drip':
      return drip(response, reply, fault.everyMs ?? 200);
    case 'endless':
      return pour(response.writeHead(200, { connection: 'close' }));
    case 'cut':
      return cut(response, reply, fault.lengthDeclared ?? true);
    case 'garbage':
      response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n');
      return;
    case 'reset':
      response.socket?.destroy();
      return;
    case 'silence':
      return;
  }
}

const ERROR_PAGE = `<?xml version="1.0" encoding="iso-8859-1"?>
<html><head><title>An error</title></head><body><h1>An error</h1></body></html>
`;

function head(response: ServerResponse, { status, body }: Reply): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-length': length, connection: 'close' });
  response.flushHeaders();
}

function drip(response: ServerResponse, reply: Reply, everyMs: number): void {
  head(response, reply);
  const rest = [...reply.body];
  const timer = setInterval(() => {
    const next = rest.shift();
    if (next === undefined) response.end();
    else response.write(next);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write('0'.repeat(16_384)));
  response.once('drain', () => pour(response));
}

function cut(
  response: ServerResponse,
  reply: Reply,
  lengthDeclared: boolean,
): void {
  const half = reply.body.slice(0, Math.ceil(reply.body.length / 2));
  if (lengthDeclared) {
    head(response, { ...reply, body: `${reply.body} ` });
    response.write(half, () => response.socket?.destroy());
  } else {
    response.socket?.end(
      `HTTP/1.1 ${reply.status} OK\r\nConnection: close\r\n\r\n${half}`,
    );
  }
}
