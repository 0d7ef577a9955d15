import type { ServerResponse } from 'node:http';
import type { FaultAction } from './fault.js';
import { sendReply, type Reply } from './reply.js';

/**
 * Responds with a fault.
 *
 * @param reply the response without the fault
 */
export function injectFault(
  response: ServerResponse,
  reply: Reply,
  fault: FaultAction,
): void {
  switch (fault.kind) {
    case 'status':
      return sendReply(response, { status: fault.status, body: ERROR_PAGE });
    case 'body':
      return sendReply(response, { status: 200, body: fault.body });
    case 'html':
      return sendReply(response, {
        status: 200,
        body: ERROR_PAGE,
        headers: { 'content-type': 'text/html' },
      });
    case 'redirect':
      return sendReply(response, {
        status: 302,
        body: '',
        headers: { location: fault.to },
      });
    case 'drip':
      return drip(response, reply, fault.everyMs ?? 200);
    case 'endless':
      return writeForever(response.writeHead(200, { connection: 'close' }));
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

function sendHead(response: ServerResponse, { status, body }: Reply): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-length': length, connection: 'close' });
  response.flushHeaders();
}

function drip(response: ServerResponse, reply: Reply, everyMs: number): void {
  sendHead(response, reply);
  const rest = [...reply.body];
  const timer = setInterval(() => {
    const next = rest.shift();
    if (next === undefined) response.end();
    else response.write(next);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}

function writeForever(response: ServerResponse): void {
  while (!response.destroyed && response.write('0'.repeat(16_384)));
  response.once('drain', () => writeForever(response));
}

function cut(
  response: ServerResponse,
  reply: Reply,
  lengthDeclared: boolean,
): void {
  const half = reply.body.slice(0, Math.ceil(reply.body.length / 2));
  if (lengthDeclared) {
    sendHead(response, { ...reply, body: `${reply.body} ` });
    response.write(half, () => response.socket?.destroy());
  } else {
    response.socket?.end(
      `HTTP/1.1 ${reply.status} OK\r\nConnection: close\r\n\r\n${half}`,
    );
  }
}

const ERROR_PAGE = `<?xml version="1.0" encoding="iso-8859-1"?>
<html><head><title>An error</title></head><body><h1>An error</h1></body></html>
`;
