// Sends raw requests over one connection, as many at once as will do, and reads the responses as bytes.
import { connect } from 'node:net';
import { firstResponse } from '../support/http-response.mjs';

const TIMEOUT_MS = 5000;

/**
 * The response to each request: `{ status, interim, body }`, with status 0 if nothing arrived in time, or `null` if the
 * server closed the connection without a response.
 */
export async function sendAll(port, requests) {
  const responses = new Map();
  const together = requests.filter(({ alone }) => !alone);
  const got = await overOneConnection(port, together);
  // Node responds to what it cannot parse before it responds to earlier requests that are still being served. Then
  // nobody knows which response is whose, and each request is sent again alone.
  const inOrder = got.length === together.length;
  if (inOrder)
    for (const [i, request] of together.entries())
      responses.set(request, got[i]);
  for (const request of requests) {
    if (responses.has(request)) continue;
    const [response = null] = await overOneConnection(port, [request]);
    responses.set(request, response);
  }
  return requests.map((request) => responses.get(request));
}

function overOneConnection(port, requests) {
  if (requests.length === 0) return [];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const responses = [];
    let text = '';
    let interim = [];
    const done = () => {
      clearTimeout(limit);
      socket.destroy();
      resolve(responses);
    };
    const limit = setTimeout(() => {
      responses.push({ status: 0, interim, body: text });
      done();
    }, TIMEOUT_MS);
    const read = (ended) => {
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
      if (ended || responses.length === requests.length) done();
    };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      read(false);
    });
    socket.on('close', () => read(true));
    // A server that refuses early may close before it has read all: the close says so.
    socket.on('error', () => undefined);
    const bytes = Buffer.from(
      requests.map((request) => request.bytes).join(''),
      'latin1',
    );
    // The end of what we send comes with the last, so that a body cut short is seen to be.
    if (requests.at(-1).cut) socket.end(bytes);
    else socket.write(bytes);
  });
}
