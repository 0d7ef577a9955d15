// Pipelines requests over HTTP/1.1 on one connection and parses the responses.
import { firstResponse } from '../../support/http-response.mjs';
import { TIMEOUT_MS } from './connect.mjs';

/** Sends requests over one connection and returns the responses that arrive, in order. */
export function exchangeHttp1(socket, requests) {
  return new Promise((resolve) => {
    const responses = [];
    let text = '';
    let interim = [];
    const finish = () => {
      clearTimeout(limit);
      socket.destroy();
      resolve(responses);
    };
    const limit = setTimeout(() => {
      responses.push({ status: 0, interim, body: text });
      finish();
    }, TIMEOUT_MS);
    const parse = (ended) => {
      while (responses.length < requests.length) {
        const { method } = requests[responses.length];
        const response = firstResponse(text, method, ended);
        if (response === undefined) break;
        text = text.slice(response.length);
        if (response.interim) {
          interim.push(response.status);
          continue;
        }
        responses.push({
          status: response.status,
          interim,
          body: response.body,
        });
        interim = [];
      }
      if (ended || responses.length === requests.length) finish();
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      parse(false);
    });
    socket.on('close', () => parse(true));
    // A server that refuses early may close the connection before it has read everything; `close` follows `error`.
    socket.on('error', () => undefined);
    write(socket, requests);
  });
}

function write(socket, requests) {
  const text = requests.map(({ bytes }) => bytes).join('');
  const bytes = Buffer.from(text, 'latin1');
  const { cut, aborted } = requests.at(-1);
  // Ends the connection so that the server notices that the last body is incomplete.
  if (cut) socket.end(bytes);
  else if (aborted) socket.write(bytes, () => socket.destroy());
  else socket.write(bytes);
}
