// Several requests on one connection: each response comes at the turn of its request.
import 'reflect-metadata';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Controller, Get, Header, Req, StreamableFile } from '@nestjs/common';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { deferred, type Deferred } from '../support/deferred.js';
import { helloApp } from '../support/hello.js';
import { RawConnection, tcp } from '../support/raw-client.js';
import { until } from '../support/until.js';

/** Requests and lookups that wait until the test lets them go on, by path or host. */
class Waiting {
  readonly #calls = new Map<string, Deferred<boolean>>();

  add(name: string): Promise<boolean> {
    const call = deferred<boolean>();
    this.#calls.set(name, call);
    return call.promise;
  }

  async all(...names: readonly string[]): Promise<void> {
    await until(() => names.every((name) => this.#calls.has(name)));
  }

  letGo(name: string, found = true): void {
    this.#calls.get(name)?.resolve(found);
  }
}

let waiting: Waiting;
/** The paths of requests that were told that their client has disconnected. */
const closed = new Set<string>();

const FILE = Array.from({ length: 8 }, () => Buffer.alloc(1024 * 1024, 'x'));
const FILE_SIZE = FILE.length * 1024 * 1024;

/** A request of Express, or of Fastify with Node's own in `raw`. */
type NestRequest = IncomingMessage & {
  readonly url: string;
  readonly raw?: IncomingMessage;
};

@Controller()
class SlowController {
  @Get('slow/:number')
  async slow(@Req() request: NestRequest): Promise<string> {
    const { url, raw = request } = request;
    raw.once('close', () => closed.add(url));
    await waiting.add(url);
    return url;
  }

  @Header('Connection', 'close')
  @Get('last')
  async last(@Req() { url }: NestRequest): Promise<string> {
    await waiting.add(url);
    return url;
  }

  @Get('file')
  async file(@Req() { url }: NestRequest): Promise<StreamableFile> {
    await waiting.add(url);
    return new StreamableFile(Readable.from(FILE));
  }
}

const OTHER = 'other.example';
const TENANT = 'shop.tenant.example';
const REFUSED = '400 Host not allowed';

const get = (path: string, host = 'example.com') =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const kinds = ['upgrade', 'connect'] as const;
const bytesOf = {
  upgrade: (host: string) =>
    `GET /hello HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  connect: (host: string) =>
    `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`,
};

/** The body of each response, or the status and the message of a refusal. */
const bodiesOf = (connection: RawConnection) =>
  connection.responses().map(({ status, body }) => {
    if (status === 200) return body;
    const { message } = JSON.parse(body) as { message: string };
    return `${status} ${message}`;
  });

describe('pipelining', () => {
  describe.each(platforms)('on $name', (platform) => {
    let app: RunningApp;
    let server: Server;
    const served: string[] = [];

    beforeEach(async () => {
      waiting = new Waiting();
      closed.clear();
      served.length = 0;
      const find = (host: string) => host === TENANT && waiting.add(host);
      app = await start(
        helloApp(
          { lookup: { find, timeoutMs: 60_000 } },
          { controllers: [SlowController] },
        ),
        platform,
      );
      server = app.app.getHttpServer() as Server;
      for (const kind of kinds)
        server.on(kind, (_, socket: Socket) => {
          served.push(kind);
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved');
        });
    });
    afterEach(stopAll);

    const send = (...requests: readonly string[]) =>
      new RawConnection(tcp(app.port)).send(requests.join(''));

    const untilRefused = (host: string) =>
      until(() => app.log.of('warn').some((line) => line.includes(host)));

    const untilAllAreClosed = () =>
      until(
        () =>
          new Promise<boolean>((resolve) =>
            server.getConnections((_, count) => resolve(count === 0)),
          ),
      );

    const expectToServe = async () =>
      expect((await app.get('/hello', 'example.com')).status).toBe(200);

    describe.each(kinds)('a refused %s', (kind) => {
      const refused = bytesOf[kind](OTHER);

      it('gets its response after that of the request before it', async () => {
        const connection = send(get('/slow/1'), refused);
        await waiting.all('/slow/1');
        await untilRefused(OTHER);
        waiting.letGo('/slow/1');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED]);
        await untilAllAreClosed();
        expect(served).toEqual([]);
      });

      it('gets its response after all that are queued before it', async () => {
        const connection = send(get('/slow/1'), get('/slow/2'), refused);
        await waiting.all('/slow/1', '/slow/2');
        await untilRefused(OTHER);
        waiting.letGo('/slow/2');
        waiting.letGo('/slow/1');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1', '/slow/2', REFUSED]);
      });

      it('gets its response last if lookup refuses it first', async () => {
        const connection = send(get('/slow/1'), bytesOf[kind](TENANT));
        await waiting.all('/slow/1', TENANT);
        waiting.letGo(TENANT, false);
        await untilRefused(TENANT);
        waiting.letGo('/slow/1');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED]);
      });

      it('gets its response last if lookup refuses it last', async () => {
        const connection = send(get('/slow/1'), bytesOf[kind](TENANT));
        await waiting.all('/slow/1', TENANT);
        waiting.letGo('/slow/1');
        await connection.until((text) => text.endsWith('/slow/1'));
        waiting.letGo(TENANT, false);
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED]);
      });

      it('gets its response last, although its body has not arrived', async () => {
        const connection = send(
          get('/slow/1'),
          refused.replace(/\r\n$/, 'Content-Length: 1000\r\n\r\na part'),
        );
        await waiting.all('/slow/1');
        await untilRefused(OTHER);
        waiting.letGo('/slow/1');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED]);
        await untilAllAreClosed();
      });

      it('does not stop a large response before it', async () => {
        const connection = send(get('/file'), refused);
        await waiting.all('/file');
        await untilRefused(OTHER);
        waiting.letGo('/file');
        await connection.closed();
        const [file, refusal] = connection.responses();
        expect(file?.body).toHaveLength(FILE_SIZE);
        expect(refusal?.status).toBe(400);
      });

      it('gets no response if the response before it closes the connection', async () => {
        const connection = send(get('/last'), refused);
        await waiting.all('/last');
        await untilRefused(OTHER);
        waiting.letGo('/last');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/last']);
        await untilAllAreClosed();
        await expectToServe();
      });

      it('hides no disconnect from the request before it', async () => {
        const connection = send(get('/slow/1'), refused);
        await waiting.all('/slow/1');
        await untilRefused(OTHER);
        // The server must read all of it to see the disconnect.
        connection.send('x'.repeat(1024 * 1024));
        connection.destroy();
        await untilAllAreClosed();
        await until(() => closed.has('/slow/1'));
        waiting.letGo('/slow/1');
        await expectToServe();
      });

      it('leaves the time limit of the server in force', async () => {
        server.setTimeout(200);
        const connection = send(get('/slow/1'), refused);
        await connection.closed();
        expect(connection.received).toBe('');
        await until(() => closed.has('/slow/1'));
        waiting.letGo('/slow/1');
      });

      it('leaves the time limit of a response in force', async () => {
        server.once('request', (_, response: ServerResponse) =>
          response.setTimeout(200, () => waiting.letGo('/slow/1')),
        );
        const connection = send(get('/slow/1'), refused);
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED]);
      });
    });

    describe.each(kinds)('while lookup decides about an %s', (kind) => {
      /** The socket of the client, and that of the server. */
      const open = async (path: string) => {
        const accepted = once(server, 'connection');
        const client = connect(app.port, '127.0.0.1');
        const connection = new RawConnection(() => client);
        connection.send(get(path) + bytesOf[kind](TENANT));
        await waiting.all(path, TENANT);
        const [socket] = (await accepted) as [Socket];
        return { connection, client, socket };
      };

      it.each(['resetAndDestroy', 'end'] as const)(
        'the request before it notices a disconnect with %s()',
        async (leave) => {
          const { connection, client, socket } = await open('/slow/1');
          client[leave]();
          await until(() => socket.readableEnded || socket.closed);
          waiting.letGo(TENANT, false);
          await connection.closed();
          await until(() => closed.has('/slow/1'));
          expect(connection.received).toBe('');
          await untilAllAreClosed();
          waiting.letGo('/slow/1');
        },
      );

      it('a large response before it stops, and goes on when it is refused', async () => {
        const { connection, socket } = await open('/file');
        waiting.letGo('/file');
        await until(
          () => connection.received !== '' && !socket.writableNeedDrain,
        );
        waiting.letGo(TENANT, false);
        await connection.closed();
        const [file, refusal] = connection.responses();
        expect(file?.body).toHaveLength(FILE_SIZE);
        expect(refusal?.status).toBe(400);
      });

      it('the response before it may close the connection', async () => {
        // The socket has ended then, but has not closed.
        server.once('request', (_, response: ServerResponse) =>
          response.once('finish', () => waiting.letGo(TENANT)),
        );
        const { connection } = await open('/last');
        waiting.letGo('/last');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/last']);
        expect(served).toEqual([]);
        await expectToServe();
      });

      it('its listener may be removed, without harm to the response before it', async () => {
        const { connection } = await open('/slow/1');
        server.removeAllListeners(kind);
        waiting.letGo(TENANT);
        await expectToServe();
        waiting.letGo('/slow/1');
        await connection.closed();
        expect(bodiesOf(connection)).toEqual(['/slow/1']);
        await untilAllAreClosed();
      });

      it('its listener may be removed, and the client may disconnect then', async () => {
        const { client } = await open('/slow/1');
        server.removeAllListeners(kind);
        waiting.letGo(TENANT);
        await expectToServe();
        client.resetAndDestroy();
        await until(() => closed.has('/slow/1'));
        await untilAllAreClosed();
        await expectToServe();
        waiting.letGo('/slow/1');
      });
    });

    describe('a refused request', () => {
      it('gets its response after that of the request before it', async () => {
        const connection = send(
          get('/slow/1'),
          get('/hello', OTHER),
          get('/hello'),
        );
        await waiting.all('/slow/1');
        await untilRefused(OTHER);
        waiting.letGo('/slow/1');
        await connection.until((text) => text.endsWith('hello'));
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED, 'hello']);
        connection.destroy();
      });

      it('gets its response at its turn if lookup refuses it last', async () => {
        const connection = send(
          get('/slow/1'),
          get('/hello', TENANT),
          get('/hello'),
        );
        await waiting.all('/slow/1', TENANT);
        waiting.letGo('/slow/1');
        await connection.until((text) => text.endsWith('/slow/1'));
        expect(bodiesOf(connection)).toEqual(['/slow/1']);
        waiting.letGo(TENANT, false);
        await connection.until((text) => text.endsWith('hello'));
        expect(bodiesOf(connection)).toEqual(['/slow/1', REFUSED, 'hello']);
        connection.destroy();
      });
    });
  });
});
