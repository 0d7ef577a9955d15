// Clients that go away, or stay and say nothing, while their host is judged.
import 'reflect-metadata';
import { once } from 'node:events';
import type { Server } from 'node:http';
import {
  connect as connectHttp2,
  constants,
  type Http2Server,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, type RunningApp, start, stopAll } from '../harness.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }
}

/** Questions to `lookup`, answered when the test says so. */
class Questions {
  readonly #waiting: {
    resolve: (answer: boolean) => void;
    reject: (error: Error) => void;
  }[] = [];
  readonly find = () =>
    new Promise<boolean>((resolve, reject) =>
      this.#waiting.push({ resolve, reject }),
    );

  async one(): Promise<void> {
    while (this.#waiting.length === 0) await turn();
  }

  answer(answer: boolean): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(answer);
  }

  fail(): void {
    for (const { reject } of this.#waiting.splice(0))
      reject(new Error('the database is gone'));
  }
}

/** Each is asked about. */
let tenants = 0;
const tenant = () => `tenant-${tenants++}.example`;

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

const appModule = (find: () => Promise<boolean>) => ({
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({
      hosts: ['example.com'],
      addresses: false,
      lookup: { find, timeoutMs: 60_000 },
    }),
  ],
  controllers: [AppController],
});

const connections = (app: RunningApp) =>
  new Promise<number>((resolve, reject) => {
    const server = app.app.getHttpServer() as Server;
    server.getConnections((error, count) =>
      error ? reject(error) : resolve(count),
    );
  });

async function untilAllAreGone(app: RunningApp): Promise<void> {
  while ((await connections(app)) > 0) await turn();
}

const requests = {
  upgrade: (host: string) =>
    `GET /hello HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  connect: (host: string) =>
    `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`,
  request: (host: string) => `GET /hello HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
};

describe.each(platforms)('on $name', (platform) => {
  let questions: Questions;
  let app: RunningApp;
  const served: string[] = [];
  beforeAll(async () => {
    questions = new Questions();
    app = await start(appModule(questions.find), platform);
    const server = app.app.getHttpServer() as Server;
    for (const event of ['upgrade', 'connect'] as const)
      server.on(event, (_, socket: Socket) => {
        served.push(event);
        socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
      });
  });
  beforeEach(() => {
    served.length = 0;
  });
  afterAll(stopAll);

  describe.each(Object.entries(requests))(
    'a client whose %s waits for a verdict',
    (kind, bytesFor) => {
      const open = async (): Promise<Socket> => {
        const socket = connect(app.port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(bytesFor(tenant()));
        await questions.one();
        return socket;
      };

      it.each([true, false])(
        'may reset its connection, whatever the verdict: %s',
        async (answer) => {
          const socket = await open();
          socket.resetAndDestroy();
          await untilAllAreGone(app);
          questions.answer(answer);
          expect((await app.get('/hello', 'example.com')).status).toBe(200);
          expect(served).toEqual([]);
        },
      );

      it('is served, or refused, when there is one', async () => {
        for (const [answer, line] of [
          [true, 'HTTP/1.1 200'],
          [false, 'HTTP/1.1 400'],
        ] as const) {
          const socket = await open();
          let text = '';
          socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
          questions.answer(answer);
          while (!text.startsWith(line)) await turn();
          socket.destroy();
        }
        expect(served).toEqual(kind === 'request' ? [] : [kind]);
      });
    },
  );

  it.each(['upgrade', 'connect'] as const)(
    'closes a refused %s, though the client keeps its side open',
    async (kind) => {
      const socket = connect({
        port: app.port,
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
      socket.on('error', () => undefined);
      socket.resume().write(requests[kind]('10.0.0.1'));
      await once(socket, 'end');
      await untilAllAreGone(app);
      socket.destroy();
    },
  );
});

describe.each(platforms)('on $name, at its end', (platform) => {
  afterEach(stopAll);

  it('closes, though an upgrade that nobody takes any more was waiting', async () => {
    const questions = new Questions();
    const app = await start(appModule(questions.find), platform);
    const server = app.app.getHttpServer() as Server;
    server.once('upgrade', () => undefined);
    const socket = connect(app.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume().write(requests.upgrade(tenant()));
    await questions.one();
    server.removeAllListeners('upgrade');
    const closing = app.app.close();
    questions.answer(true);
    await once(socket, 'close');
    await closing;
  });

  it('does not mind that a request was answered by another while it waited', async () => {
    const questions = new Questions();
    const app = await start(appModule(questions.find), {
      adapter: () => platform.adapter('loopback'),
    });
    const server = app.app.getHttpServer() as Server;
    server.on('request', (_, response) => response.end('too late'));
    const answer = await app.get('/hello', 'example.com', [
      `X-Forwarded-Host: ${tenant()}`,
    ]);
    expect(answer.body).toBe('too late');
    await questions.one();
    questions.fail();
    expect((await app.get('/hello', 'example.com')).status).toBe(200);
  });
});

describe('over HTTP/2, beside a listener of the application on its streams', () => {
  afterEach(stopAll);

  const open = async (find: () => Promise<boolean>) => {
    const app = await start(appModule(find), {
      adapter: () => new FastifyAdapter({ http2: true }),
    });
    (app.app.getHttpServer() as Http2Server).on('stream', () => undefined);
    const session = connectHttp2(`http://127.0.0.1:${app.port}`);
    session.on('error', () => undefined);
    const ask = (authority: string, method = 'GET') => {
      const stream = session.request({
        ':method': method,
        ':path': '/hello',
        ':authority': authority,
      });
      stream.on('error', () => undefined);
      return stream.resume();
    };
    const status = async (authority: string, method?: string) => {
      const [headers] = (await once(ask(authority, method), 'response')) as [
        { ':status': number; 'retry-after'?: string },
      ];
      return [headers[':status'], headers['retry-after']];
    };
    return { session, ask, status };
  };

  it.each([
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
  ])('a stream may be reset with %s', async (_, code) => {
    const questions = new Questions();
    const { session, ask, status } = await open(questions.find);
    for (const answer of [true, false]) {
      const stream = ask(tenant());
      await questions.one();
      stream.close(code);
      // The reset has come when the answer to what was sent after it has.
      expect(await status('example.com')).toEqual([200, undefined]);
      questions.answer(answer);
      expect(await status('example.com')).toEqual([200, undefined]);
    }
    session.destroy();
  });

  it('a refused HEAD is answered', async () => {
    const { session, status } = await open(() => Promise.resolve(false));
    expect(await status(tenant(), 'HEAD')).toEqual([400, undefined]);
    expect(await status('example.com')).toEqual([200, undefined]);
    session.destroy();
  });

  it('a refused stream may be reset before it has been read', async () => {
    const { session, ask, status } = await open(() => Promise.resolve(false));
    session.settings({ initialWindowSize: 0 });
    await once(session, 'localSettings');
    const stream = ask(tenant());
    await once(stream, 'response');
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    session.settings({ initialWindowSize: 65_535 });
    await once(session, 'localSettings');
    expect(await status('example.com')).toEqual([200, undefined]);
    session.destroy();
  });

  it('says when to come back', async () => {
    const { session, status } = await open(() =>
      Promise.reject(new Error('the database is gone')),
    );
    expect(await status(tenant())).toEqual([503, '1']);
    session.destroy();
  });
});
