// Bun and Deno from their npm packages: raw requests, and the end of the process.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyOf } from './apps.mjs';
import { install, run, skip, step, withApp } from './steps.mjs';

const RUNTIMES = [
  { name: 'bun', version: '1.4.5', command: ['bun'] },
  { name: 'deno', version: '2.9.6', command: ['deno', 'run', '-A'] },
];

/** Each is one request on a connection of its own. `served` is whether the application responds. */
const REQUESTS = [
  ['an allowed host', true, 'GET / HTTP/1.1', 'Host: example.com'],
  ['a foreign host', false, 'GET / HTTP/1.1', 'Host: evil.example'],
  ['an unmatched path', false, 'GET /none HTTP/1.1', 'Host: evil.example'],
  ['HEAD', false, 'HEAD / HTTP/1.1', 'Host: evil.example'],
  ['OPTIONS', false, 'OPTIONS / HTTP/1.1', 'Host: evil.example'],
  [
    'two Host lines',
    false,
    'GET / HTTP/1.1',
    'Host: example.com',
    'Host: evil.example',
  ],
  [
    'two Host lines, the foreign one first',
    false,
    'GET / HTTP/1.1',
    'Host: evil.example',
    'Host: example.com',
  ],
  [
    'two equal Host lines',
    false,
    'GET / HTTP/1.1',
    'Host: example.com',
    'host: example.com',
  ],
  [
    'an absolute target of another host',
    false,
    'GET http://evil.example/ HTTP/1.1',
    'Host: example.com',
  ],
  [
    'an absolute target with a foreign Host',
    false,
    'GET http://example.com/ HTTP/1.1',
    'Host: evil.example',
  ],
  ['userinfo', false, 'GET / HTTP/1.1', 'Host: example.com@evil.example'],
  ['a list', false, 'GET / HTTP/1.1', 'Host: example.com, evil.example'],
  ['a path in Host', false, 'GET / HTTP/1.1', 'Host: example.com/x'],
  ['an empty Host', false, 'GET / HTTP/1.1', 'Host: '],
  ['no Host in HTTP/1.0', false, 'GET / HTTP/1.0'],
  ['no Host in HTTP/1.1', false, 'GET / HTTP/1.1'],
  [
    'an upgrade',
    false,
    'GET /ws HTTP/1.1',
    'Host: evil.example',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ],
  [
    'Expect: 100-continue',
    false,
    'POST / HTTP/1.1',
    'Host: evil.example',
    'Expect: 100-continue',
    'Content-Length: 0',
  ],
  [
    'CONNECT',
    false,
    'CONNECT evil.example:80 HTTP/1.1',
    'Host: evil.example:80',
  ],
  ['an address, for health', true, 'GET /health HTTP/1.1', 'Host: 10.0.9.41'],
  ['no Host in HTTP/1.0, for health', true, 'GET /health HTTP/1.0'],
  [
    'a foreign name, for health',
    false,
    'GET /health HTTP/1.1',
    'Host: evil.example',
  ],
];

export async function runUnderOtherRuntimes(work, tarball) {
  const app = copyOf('runtimes', work);
  if (!(await step('runtimes: installs', () => install(app, tarball)))) return;
  for (const { name, version, command } of RUNTIMES) {
    const [binary, ...args] = command;
    const path = join(app, 'node_modules/.bin', binary);
    const absent = await install(app, `${name}@${version}`)
      .then(() => run(app, path, '--version'))
      .then(
        () => undefined,
        (error) => error,
      );
    if (absent) {
      skip(
        `${name} ${version}`,
        `its npm package does not run here: ${absent.message.split('\n')[0]}`,
      );
      continue;
    }
    for (const platform of ['express', 'fastify']) {
      const title = `${name} ${version} on ${platform}`;
      const start = [path, ...args, 'app.js', platform];
      await step(`${title}: responds to allowed hosts only`, () =>
        withApp(app, start, sendAll),
      );
      await step(`${title}: drains on SIGTERM and ends`, () =>
        withApp(app, start, drain),
      );
    }
  }
}

async function sendAll(port) {
  for (const [title, served, ...lines] of REQUESTS) {
    const response = await send(port, ...lines);
    // A runtime may refuse by itself, or close the connection.
    const right = served
      ? response.startsWith('HTTP/1.1 200 ')
      : response === '' || response.startsWith('HTTP/1.1 400 ');
    if (!right) throw new Error(`${title} got ${response.slice(0, 200)}`);
  }
}

/** Readiness fails at once, all other routes are served, and the process ends by its own signal. */
async function drain(port, app) {
  const ended = once(app, 'exit');
  const get = (path, host) =>
    send(port, `GET ${path} HTTP/1.1`, `Host: ${host}`);
  app.kill('SIGTERM');
  let health;
  do {
    await sleep(50);
    health = await get('/health', '10.0.9.41');
  } while (health.startsWith('HTTP/1.1 200'));
  for (const [response, status] of [
    [health, 503],
    [await get('/', 'example.com'), 200],
    [await get('/', 'evil.example'), 400],
  ])
    if (!response.startsWith(`HTTP/1.1 ${status} `))
      throw new Error(`not ${status}: ${response.slice(0, 200)}`);
  const [, signal] = await ended;
  if (signal !== 'SIGTERM') throw new Error(`it ended with ${signal}`);
}

/** What arrives until the server closes the connection. */
async function send(port, ...lines) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let received = '';
  socket.on('data', (chunk) => (received += chunk));
  const upgrade = lines.some((line) => line.startsWith('Upgrade'));
  socket.write(
    [...lines, `Connection: ${upgrade ? 'Upgrade, ' : ''}close`, '', ''].join(
      '\r\n',
    ),
  );
  await once(socket, 'close');
  return received;
}
