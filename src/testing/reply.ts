import type { ServerResponse } from 'node:http';

/** What a service responds to a request without a fault. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a reply and closes the connection, as the real services do. */
export function sendReply(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(reply.body),
    connection: 'close',
    ...reply.headers,
  });
  response.end(reply.body);
}
