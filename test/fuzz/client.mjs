// Pipelines raw requests on one connection and parses the responses.
import { connect } from 'node:net';
import { firstResponse } from '../support/http-response.mjs';

const TIMEOUT_MS = 5000;

/**
 * Returns the response to each request: `{ status, interim, body }`. The status is 0 if no response arrives in time; the
 * response is `null` if the server closes the connection without one.
 */
export async function sendAll(port, requests) {
  const responses = new Map();
  const pipelined = requests.filter(({ alone }) => !alone);
  const received = await exchange(port, pipelined);
  // Node rejects a request that it cannot parse before it responds to earlier requests that are still served. Then no
  // response can be matched with its request, so the client sends each request again on its own connection.
  if (received.length === pipelined.length)
    for (const [i, request] of pipelined.entries())
      responses.set(request, received[i]);
  for (const request of requests) {
    if (responses.has(request)) continue;
    const [response = null] = await exchange(port, [request]);
    responses.set(request, response);
  }
  return requests.map((request) => responses.get(request));
}

/** Sends requests over one connection and returns the responses that arrive. */
function exchange(port, requests) {
  if (requests.length === 0) return [];
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
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
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      parse(false);
    });
    socket.on('close', () => parse(true));
    // A server that refuses early may close the connection before it has read everything; `close` follows `error`.
    socket.on('error', () => undefined);
    const bytes = Buffer.from(
      requests.map((request) => request.bytes).join(''),
      'latin1',
    );
    // Ends the connection so that the server notices that the last body is incomplete.
    if (requests.at(-1).cut) socket.end(bytes);
    else socket.write(bytes);
  });
}
