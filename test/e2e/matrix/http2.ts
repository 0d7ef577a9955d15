import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import type { Connect, RawResponse } from '../../support/raw-client.js';

/** The response to one request over HTTP/2; `:authority` and `host` are sent as given, and no others. */
export async function sendHttp2Request(
  connect: Connect,
  headers: OutgoingHttpHeaders,
  body = '',
): Promise<RawResponse> {
  const session = connectHttp2('http://unused.invalid', {
    createConnection: connect,
  });
  session.on('error', () => undefined);
  const stream = session.request(headers);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const interim: number[] = [];
  const response = { status: 0, headers: {}, body: '', interim };
  stream.on('continue', () => interim.push(100));
  stream.on('response', (head) => {
    response.status = Number(head[':status']);
    response.headers = head;
    // The response to a CONNECT is a tunnel.
    if (headers[':method'] === 'CONNECT' && response.status === 200)
      stream.close();
  });
  stream.on('data', (chunk: Buffer) => (response.body += chunk.toString()));
  stream.on('error', () => undefined);
  if (body !== '') stream.end(body);
  // Not events.once(), which rejects if Node resets the stream with an error first, as Node 22 does.
  await closed;
  session.destroy();
  return response;
}
