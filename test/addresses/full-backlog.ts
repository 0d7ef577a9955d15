import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pause } from './harness.js';

/**
 * A port of this machine at which packets are dropped. A process listens there with the shortest possible queue and
 * never accepts a connection from it. Once the queue is full, the kernel ignores new connections.
 */
export async function fullBacklog(): Promise<{ url: string; stop(): void }> {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
         require('node:fs').writeSync(1, String(server.address().port));
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [chunk] = await once(child.stdout, 'data');
  const port = Number(String(chunk));
  const sockets: Socket[] = [];
  // Two connections fill a queue of one. A connection that is not established means that the queue is full.
  for (let filled = false; !filled;) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    let connected = false;
    socket.once('connect', () => (connected = true));
    await pause(200);
    // After a long pause, timers run before the events of sockets.
    await new Promise((resolve) => setImmediate(resolve));
    filled = !connected;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
