import { SESSION } from '../requests/sockets.mjs';
import { GATEWAY_PATHS } from '../requests/targets.mjs';
import { connect } from './connect.mjs';
import { exchangeHttp1 } from './http1.mjs';
import { exchangeHttp2 } from './http2.mjs';

/**
 * Sends requests, many on one connection where possible. Returns the response to each: `{ status, interim, body }`. The
 * status is 0 if no response arrives in time; the response is `null` if the server closes the connection or the stream
 * without one.
 */
export async function sendAll(server, requests) {
  const responses = new Map();
  for (const group of groupsOf(requests.filter(({ alone }) => !alone)))
    for (const [request, response] of await sendTogether(server, group))
      responses.set(request, response);
  for (const request of requests) {
    if (responses.has(request)) continue;
    const [response] = await exchange(server, [await opened(server, request)]);
    responses.set(request, response ?? null);
  }
  return requests.map((request) => responses.get(request));
}

/** The requests that can share a connection. */
function groupsOf(requests) {
  const groups = new Map();
  for (const request of requests) {
    const key = `${request.protocol} ${request.peer}`;
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  return groups.values();
}

/** Returns the responses that are certain. */
async function sendTogether(server, requests) {
  const received = await exchange(server, requests);
  // Node rejects a request that it cannot parse before it responds to earlier requests that are still served. Then no
  // response can be matched with its request, so the client sends each request again on its own connection.
  if (received.length < requests.length) return [];
  return requests
    .map((request, i) => [request, received[i]])
    .filter(([, response]) => response !== undefined);
}

function exchange(server, requests) {
  const [request] = requests;
  const socket = connect(server, request);
  return request.protocol === 'http2'
    ? exchangeHttp2(socket, requests)
    : exchangeHttp1(socket, requests);
}

/** The request in a session of socket.io that a listed host has opened. */
async function opened(server, request) {
  if (!request.target?.includes(SESSION)) return request;
  const path =
    GATEWAY_PATHS.find((name) => request.target.startsWith(name)) ??
    GATEWAY_PATHS[0];
  const [response] = await exchange(server, [
    {
      ...request,
      method: 'GET',
      bytes: `GET ${path}?EIO=4&transport=polling HTTP/1.1\r\nHost: example.com\r\nX-Fuzz: session\r\n\r\n`,
      cut: false,
      aborted: false,
    },
  ]);
  const session = /"sid":"([^"]+)"/.exec(response?.body ?? '')?.[1] ?? 'none';
  return { ...request, bytes: request.bytes.replace(SESSION, session) };
}
