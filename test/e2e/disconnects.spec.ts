// Clients that disconnect, or stay connected and send nothing, while their host is being checked.
import 'reflect-metadata';
import { once } from 'node:events';
import type { Server } from 'node:http';
import {
  connect as connectHttp2,
  constants,
  type Http2Server,
  type Http2ServerResponse,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { helloApp } from '../support/hello.js';
import { until } from '../support/until.js';

/** Calls of `lookup.find`, which the test settles. */
class Calls {
  readonly #waiting: Deferred<boolean>[] = [];
  readonly find = () => {
    const call = deferred<boolean>();
    this.#waiting.push(call);
    return call.promise;
  };

  one(): Promise<void> {
    return until(() => this.#waiting.length > 0);
  }

  resolve(found: boolean): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(found);
  }

  fail(): void {
    for (const { reject } of this.#waiting.splice(0))
      reject(new Error('the database is gone'));
  }
}

/** `lookup.find` is called for each of them. */
let tenants = 0;
const tenant = () => `tenant-${tenants++}.example`;

const appModule = (find: () => Promise<boolean>) =>
  helloApp({ lookup: { find, timeoutMs: 60_000 } });

const connections = (app: RunningApp) =>
  new Promise<number>((resolve, reject) => {
    const server = app.app.getHttpServer() as Server;
    server.getConnections((error, count) =>
      error ? reject(error) : resolve(count),
    );
  });

const untilAllAreClosed = (app: RunningApp) =>
  until(async () => (await connections(app)) === 0);

const requests = {
  upgrade: (host: string) =>
    `GET /hello HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  connect: (host: string) =>
    `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`,
  request: (host: string) => `GET /hello HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
};

describe('disconnects', () => {
  describe.each(platforms)('on $name', (platform) => {
    let calls: Calls;
    let app: RunningApp;
    const served: string[] = [];
    beforeAll(async () => {
      calls = new Calls();
      app = await start(appModule(calls.find), platform);
      const server = app.app.getHttpServer() as Server;
      for (const event of ['upgrade', 'connect'] as const)
        server.on(event, (_, socket: Socket) => {
          served.push(event);
          // The socket has no listeners of the gate.
          expect(socket.listenerCount('error')).toBe(0);
          socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
        });
    });
    beforeEach(() => {
      served.length = 0;
    });
    afterAll(stopAll);

    describe.each(Object.entries(requests))(
      'a client whose %s waits for lookup',
      (kind, bytesFor) => {
        const open = async (): Promise<Socket> => {
          const socket = connect(app.port, '127.0.0.1');
          socket.on('error', () => undefined);
          socket.write(bytesFor(tenant()));
          await calls.one();
          return socket;
        };

        it.each([true, false])(
          'may reset its connection before lookup resolves with %s',
          async (found) => {
            const socket = await open();
            socket.resetAndDestroy();
            await untilAllAreClosed(app);
            calls.resolve(found);
            expect((await app.get('/hello', 'example.com')).status).toBe(200);
            expect(served).toEqual([]);
          },
        );

        it('is served or refused when lookup resolves', async () => {
          for (const [found, line] of [
            [true, 'HTTP/1.1 200'],
            [false, 'HTTP/1.1 400'],
          ] as const) {
            const socket = await open();
            let text = '';
            socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
            calls.resolve(found);
            await until(() => text.startsWith(line));
            socket.destroy();
          }
          expect(served).toEqual(kind === 'request' ? [] : [kind]);
        });
      },
    );

    it.each(['upgrade', 'connect'] as const)(
      'closes the connection of a refused %s, even if the client keeps its side open',
      async (kind) => {
        const socket = connect({
          port: app.port,
          host: '127.0.0.1',
          allowHalfOpen: true,
        });
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('error', () => undefined);
        socket.write(requests[kind]('10.0.0.1'));
        await once(socket, 'end');
        await untilAllAreClosed(app);
        expect(text).toMatch(/^HTTP\/1\.1 400 /);
        expect(served).toEqual([]);
        socket.destroy();
      },
    );
  });

  describe.each(platforms)(
    'on $name, while the application closes',
    (platform) => {
      afterEach(stopAll);

      it('the server closes the socket of an upgrade that lost its listener while it waited for lookup', async () => {
        const calls = new Calls();
        const app = await start(appModule(calls.find), platform);
        const server = app.app.getHttpServer() as Server;
        server.once('upgrade', () => undefined);
        const socket = connect(app.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume().write(requests.upgrade(tenant()));
        await calls.one();
        server.removeAllListeners('upgrade');
        const closing = app.app.close();
        calls.resolve(true);
        await once(socket, 'close');
        await closing;
        expect(server.listening).toBe(false);
        expect(await connections(app)).toBe(0);
      });

      it('no listener gets a request whose client disconnected while it waited for lookup', async () => {
        const calls = new Calls();
        const app = await start(appModule(calls.find), platform);
        const server = app.app.getHttpServer() as Server;
        const served: (string | undefined)[] = [];
        server.on('request', ({ headers }) => served.push(headers.host));
        const socket = connect(app.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(requests.request(tenant()));
        await calls.one();
        socket.resetAndDestroy();
        await untilAllAreClosed(app);
        calls.resolve(true);
        expect((await app.get('/hello', 'example.com')).status).toBe(200);
        expect(served).toEqual(['example.com']);
      });

      it('the server responds 405 to a request that lost its listeners while it waited for lookup', async () => {
        const calls = new Calls();
        const app = await start(appModule(calls.find), platform);
        const pending = app.get('/hello', tenant());
        await calls.one();
        (app.app.getHttpServer() as Server).removeAllListeners('request');
        calls.resolve(true);
        expect((await pending).status).toBe(405);
      });

      it('ignores a failing lookup if another listener responded before it', async () => {
        const calls = new Calls();
        const app = await start(appModule(calls.find), {
          adapter: () => platform.adapter('loopback'),
        });
        const server = app.app.getHttpServer() as Server;
        server.on('request', (_, response) => response.end('too late'));
        const response = await app.get('/hello', 'example.com', [
          `X-Forwarded-Host: ${tenant()}`,
        ]);
        expect(response.body).toBe('too late');
        await calls.one();
        calls.fail();
        expect((await app.get('/hello', 'example.com')).status).toBe(200);
      });
    },
  );

  describe.each([
    ['with a listener of the application for streams', true],
    ['without one', false],
  ])('over HTTP/2, %s', (_title, listensForStreams) => {
    afterEach(stopAll);

    const open = async (find: () => Promise<boolean>) => {
      const app = await start(appModule(find), {
        adapter: () => new FastifyAdapter({ http2: true }),
      });
      const server = app.app.getHttpServer() as Http2Server;
      if (listensForStreams) server.on('stream', () => undefined);
      const session = connectHttp2(`http://127.0.0.1:${app.port}`);
      session.on('error', () => undefined);
      const request = (authority: string, method = 'GET') => {
        const stream = session.request({
          ':method': method,
          ...(method === 'CONNECT' ? {} : { ':path': '/hello' }),
          ':authority': authority,
        });
        stream.on('error', () => undefined);
        return stream.resume();
      };
      const status = async (authority: string, method?: string) => {
        const [headers] = (await once(
          request(authority, method),
          'response',
        )) as [{ ':status': number; 'retry-after'?: string }];
        return [headers[':status'], headers['retry-after']];
      };
      return { server, session, request, status };
    };

    it.each([
      ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
      ['CANCEL', constants.NGHTTP2_CANCEL],
      ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
    ])(
      'a stream may be reset with %s while it waits for lookup',
      async (_, code) => {
        const calls = new Calls();
        const { session, request, status } = await open(calls.find);
        for (const found of [true, false]) {
          const stream = request(tenant());
          await calls.one();
          stream.close(code);
          // The reset has arrived once the response to a later request has.
          expect(await status('example.com')).toEqual([200, undefined]);
          calls.resolve(found);
          expect(await status('example.com')).toEqual([200, undefined]);
        }
        session.destroy();
      },
    );

    it('no listener gets a request whose stream was reset while it waited for lookup', async () => {
      const calls = new Calls();
      const { server, session, request, status } = await open(calls.find);
      const served: (string | undefined)[] = [];
      server.on('request', ({ authority }) => served.push(authority));
      const stream = request(tenant());
      await calls.one();
      stream.close(constants.NGHTTP2_CANCEL);
      expect(await status('example.com')).toEqual([200, undefined]);
      calls.resolve(true);
      expect(await status('example.com')).toEqual([200, undefined]);
      expect(served).toEqual(['example.com', 'example.com']);
      session.destroy();
    });

    it('a CONNECT is served or refused when lookup resolves, unless it was reset', async () => {
      const calls = new Calls();
      const { server, session, request, status } = await open(calls.find);
      const outcome = async (found: boolean) => {
        const result = status(tenant(), 'CONNECT');
        await calls.one();
        calls.resolve(found);
        return (await result)[0];
      };
      expect(await outcome(true)).toBe(405);
      let connected = 0;
      server.on('connect', (_request, response: Http2ServerResponse) => {
        connected++;
        response.writeHead(200).end();
      });
      expect(await outcome(true)).toBe(200);
      expect(await outcome(false)).toBe(400);
      expect(connected).toBe(1);
      const stream = request(tenant(), 'CONNECT');
      await calls.one();
      stream.close(constants.NGHTTP2_CANCEL);
      expect(await status('example.com')).toEqual([200, undefined]);
      calls.resolve(true);
      expect(await status('example.com')).toEqual([200, undefined]);
      expect(connected).toBe(1);
      session.destroy();
    });

    it('a refused HEAD gets a response', async () => {
      const { session, status } = await open(() => Promise.resolve(false));
      expect(await status(tenant(), 'HEAD')).toEqual([400, undefined]);
      expect(await status('example.com')).toEqual([200, undefined]);
      session.destroy();
    });

    it('a refused stream may be reset before it has been read', async () => {
      const { session, request, status } = await open(() =>
        Promise.resolve(false),
      );
      session.settings({ initialWindowSize: 0 });
      await once(session, 'localSettings');
      const stream = request(tenant());
      await once(stream, 'response');
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      session.settings({ initialWindowSize: 65_535 });
      await once(session, 'localSettings');
      expect(await status('example.com')).toEqual([200, undefined]);
      session.destroy();
    });

    it('responds 503 with Retry-After while lookup fails', async () => {
      const { session, status } = await open(() =>
        Promise.reject(new Error('the database is gone')),
      );
      expect(await status(tenant())).toEqual([503, '1']);
      session.destroy();
    });
  });
});
