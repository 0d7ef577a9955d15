import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { endAll } from '../../support/commands.js';
import { compile } from '../../support/compile.js';
import { tcp, tls } from '../../support/raw-client.js';
import { certificate } from '../matrix/certificate.js';
import { holdHttp1, holdHttp2, holdSilently, type Held } from './held.js';
import { AppProcess, type AppSettings } from './process.js';

declare const NEST_MAJOR: number;

const LIMITS = { graceMs: 500, forceMs: 3_000 };

const SERVERS: readonly Pick<AppSettings, 'server' | 'webSocket' | 'end'>[] = [
  { server: 'express, http', webSocket: 'ws', end: 'app.close()' },
  { server: 'express, http', webSocket: 'socket.io', end: 'shutdown hooks' },
  { server: 'express, https', webSocket: 'ws', end: 'shutdown hooks' },
  { server: 'express, https', webSocket: 'socket.io', end: 'app.close()' },
  { server: 'fastify, http', webSocket: 'ws', end: 'shutdown hooks' },
  { server: 'fastify, http', webSocket: 'socket.io', end: 'app.close()' },
  { server: 'fastify, https', webSocket: 'ws', end: 'app.close()' },
  { server: 'fastify, https', webSocket: 'socket.io', end: 'shutdown hooks' },
  { server: 'fastify, h2c', webSocket: 'ws', end: 'app.close()' },
  { server: 'fastify, h2', webSocket: 'ws', end: 'shutdown hooks' },
  { server: 'fastify, h2', webSocket: 'socket.io', end: 'app.close()' },
];

/** Everything that can hold the process, on each protocol that the server speaks. */
function holdAll(
  { server, webSocket }: (typeof SERVERS)[number],
  port: number,
): Promise<Held[]> {
  const held: Promise<Held>[] = [];
  const secure = !/http$|h2c$/.test(server);
  if (server !== 'fastify, h2c')
    held.push(
      holdHttp1(secure ? tls(port) : tcp(port), WEB_SOCKET_PATHS[webSocket]),
    );
  if (/h2c?$/.test(server))
    held.push(holdHttp2(`${secure ? 'https' : 'http'}://127.0.0.1:${port}`));
  return Promise.all(held);
}

const WEB_SOCKET_PATHS = {
  ws: '/',
  'socket.io': '/socket.io/?EIO=4&transport=websocket',
};

describe('a process with connections of every kind', () => {
  const folder = compile(['test/e2e/exit/app.ts']);
  const file = join(folder, 'test/e2e/exit/app.js');
  const keys = certificate();
  afterEach(endAll);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(SERVERS)(
    'ends by itself after SIGTERM: $server, $webSocket, $end',
    async (row) => {
      const app = await AppProcess.start(file, { ...row, ...LIMITS, ...keys });
      await holdSilently(app.port);
      const held = await holdAll(row, app.port);
      await app.logs('begun', held.length);
      const signalAt = performance.now();
      const end = app.terminate();
      await app.closed();
      app.release();
      for (const one of held) {
        const { status, body, closing } = await one.slow();
        expect([status, body.length, closing]).toEqual([200, 100_000, true]);
      }
      const byHooks = row.end === 'shutdown hooks';
      // Nest sends itself the signal again at the end of its hooks.
      expect(await end).toEqual(byHooks ? [null, 'SIGTERM'] : [0, null]);
      console.log(
        `Nest ${NEST_MAJOR}, ${row.server}, ${row.webSocket}, ${row.end}: exit ${((performance.now() - signalAt) / 1000).toFixed(2)} s after SIGTERM (grace ${LIMITS.graceMs / 1000} s + force ${LIMITS.forceMs / 1000} s)`,
      );
      for (const one of held) one.destroy();
      expect(app.lines).toContain(
        `shutdown ${byHooks ? 'SIGTERM' : 'undefined'}`,
      );
      // Nest 11 sets Connection on events over HTTP/2.
      if (NEST_MAJOR === 12)
        expect(app.lines.filter((line) => line.startsWith('warning'))).toEqual(
          [],
        );
    },
  );
});
