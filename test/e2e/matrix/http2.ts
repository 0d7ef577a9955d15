import { once } from 'node:events';
import { connect, type OutgoingHttpHeaders } from 'node:http2';
import type { Answer, Door } from './wire.js';

/** The answer to one request over HTTP/2; `:authority` and `host` are sent as given, and no others. */
export async function askHttp2(
  door: Door,
  headers: OutgoingHttpHeaders,
  body = '',
): Promise<Answer> {
  const session = connect('http://unused.invalid', { createConnection: door });
  session.on('error', () => undefined);
  const stream = session.request(headers);
  const interim: number[] = [];
  const answer = { status: 0, headers: {}, body: '', interim };
  stream.on('continue', () => interim.push(100));
  stream.on('response', (head) => {
    answer.status = Number(head[':status']);
    answer.headers = head;
    // The answer to a CONNECT is a tunnel.
    if (headers[':method'] === 'CONNECT' && answer.status === 200)
      stream.close();
  });
  stream.on('data', (chunk: Buffer) => (answer.body += chunk.toString()));
  stream.on('error', () => undefined);
  if (body !== '') stream.end(body);
  await once(stream, 'close');
  session.destroy();
  return answer;
}
