// Clients that are slow, or that leave.
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, TIMEOUT_MS } from '../../fuzz/client/connect.mjs';
import { firstResponse } from '../../support/http-response.mjs';

const PEER = '127.0.0.1';
const HOLD_MS = 2000;
const BYTE_MS = 15;

const head = (line, host, id, ...fields) =>
  [
    `${line} HTTP/1.1`,
    `Host: ${host}`,
    `X-Fuzz: ${id}`,
    ...fields,
    '\r\n',
  ].join('\r\n');
const LISTED = ['example.com', 'soak-served', 200];
const FOREIGN = ['192.0.2.9', 'soak-refused', 400];
const POST = ['Content-Type: application/json', 'Content-Length: 1000'];

/** Each kind of client: one call is one connection. */
export const SLOW_CLIENTS = [
  (open, checks) => byteByByte(open, checks, LISTED),
  (open, checks) => byteByByte(open, checks, FOREIGN),
  halfABody,
  halfABodyRefused,
  silent,
  leaving,
];

/**
 * Sends an upgrade that is refused, and never closes its half of the connection: no time limit of Node applies to it, so
 * the server must close it. The socket stays open until the process of the clients ends.
 */
export async function upgradeNeverClosed({ port }, checks) {
  const socket = connectTcp({ port, host: PEER, allowHalfOpen: true });
  socket.on('error', () => undefined).unref();
  const response = responseOn(socket);
  const fields = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  socket.write(head('GET /ws', '192.0.2.9', 'soak-refused', ...fields));
  checks.slow('an upgrade, never closed', await response, 400);
}

/** Opens a connection for one of the clients. */
export const opener = (server) => () =>
  connect(server, PEER, 'http1').on('error', () => undefined);

async function byteByByte(open, checks, [host, id, status]) {
  const socket = open();
  const response = responseOn(socket);
  for (const byte of head('GET /hello', host, id)) {
    socket.write(byte);
    await sleep(BYTE_MS);
  }
  checks.slow('headers byte by byte', await response, status);
  socket.destroy();
}

async function halfABody(open) {
  const socket = open();
  socket.write(head('POST /echo', 'example.com', 'soak-served', ...POST));
  socket.write('{"a":');
  await sleep(HOLD_MS);
  socket.destroy();
}

/** A refusal does not wait for the body. */
async function halfABodyRefused(open, checks) {
  const socket = open();
  const response = responseOn(socket);
  socket.write(head('POST /echo', '192.0.2.9', 'soak-refused', ...POST));
  socket.write('{"a":');
  checks.slow('half a body, refused', await response, 400);
  await sleep(HOLD_MS);
  socket.destroy();
}

/** Sends nothing, then closes its half of the connection. */
async function silent(open) {
  const socket = open();
  await sleep(HOLD_MS);
  socket.resume().end();
  await closed(socket);
}

/** Leaves while the lookup runs. */
async function leaving(open) {
  const socket = open();
  const name = `yes-leaves-${Math.floor(Math.random() * 1e6)}.tenant.example`;
  socket.write(head('GET /hello', name, 'soak-served'), () => socket.destroy());
  await closed(socket);
}

/** `once()` of Node would reject after an error. */
function closed(socket) {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', resolve);
  });
}

/** The first response on a connection; `undefined` if the server closes it or does not respond. */
function responseOn(socket) {
  return new Promise((resolve) => {
    let text = '';
    const limit = setTimeout(() => socket.destroy(), TIMEOUT_MS);
    const parse = (ended) => {
      const response = firstResponse(text, 'GET', ended);
      if (response === undefined && !ended) return;
      clearTimeout(limit);
      resolve(response);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      parse(false);
    });
    socket.on('close', () => parse(true));
  });
}
