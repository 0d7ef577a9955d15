import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const HOLD_MS = 1000;

/** Opens a WebSocket, sends messages and closes it, and tries to open one for a disallowed host. */
export async function useWebSockets({ port }, checks) {
  const open = (host, id) =>
    new WebSocket(`ws://127.0.0.1:${port}/ws`, {
      headers: { Host: host, 'X-Fuzz': id },
    }).on('error', () => undefined);
  const socket = open('example.com', 'soak-served');
  checks.slow('an upgrade', await outcomeOf(socket), 101);
  if (socket.readyState === WebSocket.OPEN) {
    for (let times = 0; times < 3; times++)
      socket.send('{"event":"hello","data":1}');
    await sleep(HOLD_MS);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.close();
    await closed;
  }
  const refused = open('192.0.2.9', 'soak-refused');
  checks.slow('an upgrade for another host', await outcomeOf(refused), 400);
  refused.terminate();
}

/** The status of the response to an upgrade; `undefined` if there is none. */
function outcomeOf(socket) {
  return new Promise((resolve) => {
    socket.once('open', () => resolve({ status: 101 }));
    socket.once('unexpected-response', (_, { statusCode }) =>
      resolve({ status: statusCode }),
    );
    socket.once('close', () => resolve(undefined));
  });
}
