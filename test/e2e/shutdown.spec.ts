import 'reflect-metadata';
import { hasSubscribers } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Post,
  Res,
  Sse,
  type INestApplication,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { NEVER, startWith } from 'rxjs';
import { AllowedHostsHealth, AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { freePort } from '../support/processes.mjs';
import { RawConnection, tcp } from '../support/raw-client.js';

const GRACE_MS = 1000;
const KEEP_ALIVE = ['Host: example.com', '', ''] as const;

let release: () => void = () => undefined;
let slow: Promise<unknown> = Promise.resolve();
let begun = 0;
const ended: string[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @Get('slow')
  async slow() {
    begun++;
    await slow;
    return 'x'.repeat(100_000);
  }

  /** A response of which a part was sent before the signal. */
  @Get('parts')
  async parts(@Res() response: Reply) {
    const raw = response.raw ?? response;
    raw.writeHead(200, { 'Content-Length': '6' });
    raw.write('one');
    begun++;
    await slow;
    raw.end('two');
  }

  /** As server-sent events do. */
  @Get('kept')
  kept(@Res() response: Reply) {
    const raw = response.raw ?? response;
    raw.writeHead(200, { Connection: 'keep-alive' });
    raw.end('kept');
  }

  @Sse('events')
  events() {
    begun++;
    return NEVER.pipe(startWith({ data: 'first' }));
  }

  @Post('upload')
  upload() {
    return 'whole';
  }
}

interface Reply {
  readonly raw?: Reply;
  writeHead(status: number, headers: object): void;
  write(text: string): void;
  end(text: string): void;
}

@WebSocketGateway()
class Gateway {}

@Injectable()
class Database implements OnModuleDestroy {
  onModuleDestroy() {
    ended.push('database');
  }

  onApplicationShutdown(signal?: string) {
    ended.push(`shutdown ${signal}`);
  }
}

const appModule = (health: object = {}, extras: object = {}) => ({
  module: class AppModule {
    onModuleDestroy() {
      ended.push('root module');
    }
  },
  imports: [
    AllowedHostsModule.forRoot({
      hosts: 'example.com',
      addresses: false,
      health: {
        gracefulShutdownTimeoutMs: GRACE_MS,
        forceCloseAfterMs: 500,
        ...health,
      },
      ...extras,
    }),
  ],
  controllers: [AppController],
  providers: [Database, Gateway],
});

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await tick();
}

const portOf = (app: INestApplication) =>
  (app.getHttpServer().address() as AddressInfo).port;

const hooks = (app: INestApplication) => void app.enableShutdownHooks();

// Nest ends by signalling itself again, which would end the test runner.
let kill: ReturnType<typeof mockKill>;
const mockKill = () => jest.spyOn(process, 'kill').mockReturnValue(true);

/** Every connection that could hold the process, under way on one server. */
async function holdAll(port: number) {
  const open = (...lines: string[]) =>
    new RawConnection(tcp(port)).send(...lines);
  const idle = open('GET /hello HTTP/1.1', ...KEEP_ALIVE);
  await idle.until((text) => text.endsWith('hello'));
  const silent = connect(port, '127.0.0.1');
  silent.on('error', () => undefined);
  await once(silent, 'connect');
  const before = begun;
  const waiting = open('GET /slow HTTP/1.1', ...KEEP_ALIVE);
  const endless = open('GET /events HTTP/1.1', ...KEEP_ALIVE);
  await endless.until((text) => text.includes('first'));
  const upload = open(
    'POST /upload HTTP/1.1',
    'Host: example.com',
    'Content-Type: application/json',
    'Content-Length: 100000',
    '',
    '{"part":',
  );
  await until(() => begun === before + 2);
  return { idle, silent, waiting, endless, upload };
}

describe('shutdown', () => {
  it('without HTTP nothing waits, and nothing is left', async () => {
    kill = mockKill();
    ended.length = 0;
    const context = await NestFactory.createApplicationContext(
      appModule({ gracefulShutdownTimeoutMs: 3_600_000 }),
      { logger: false },
    );
    context.enableShutdownHooks();
    process.emit('SIGTERM', 'SIGTERM');
    await until(() => kill.mock.calls.length > 0);
    expect(ended).toContain('shutdown SIGTERM');
    expect(hasSubscribers('http.server.request.start')).toBe(false);
    kill.mockRestore();
  });

  describe.each(platforms)('on $name', (platform) => {
    afterEach(async () => {
      release();
      await stopAll();
      kill.mockRestore();
    });
    beforeEach(() => {
      kill = mockKill();
      slow = new Promise<void>((resolve) => (release = resolve));
      ended.length = 0;
    });

    const startApp = (
      module: object = appModule(),
      configure: (app: INestApplication) => void = hooks,
      on: Pick<Platform, 'adapter'> = platform,
      options: object = {},
    ) => start(module, on, configure, options);

    it.each([
      ['ws', (app: INestApplication) => new WsAdapter(app), '/'],
      [
        'socket.io',
        (app: INestApplication) => new IoAdapter(app),
        '/socket.io/?EIO=4&transport=websocket',
      ],
    ])(
      'the process ends whatever is connected, with a WebSocket of %s',
      async (_, adapter, path) => {
        const { app, port } = await startApp(appModule(), (nest) => {
          nest.useWebSocketAdapter(adapter(nest));
          hooks(nest);
        });
        const socket = new RawConnection(tcp(port)).send(
          `GET ${path} HTTP/1.1`,
          'Host: example.com',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          '',
          '',
        );
        await socket.until((text) => text.startsWith('HTTP/1.1 101'));
        expect(socket.received).toMatch(/^HTTP\/1\.1 101/);
        const held = await holdAll(port);
        process.emit('SIGTERM', 'SIGTERM');
        const server = app.getHttpServer();
        await until(() => !server.listening);
        release();
        await held.waiting.closed();
        const answer = held.waiting.last;
        expect([answer.status, answer.headers['connection']]).toEqual([
          200,
          'close',
        ]);
        expect(answer.body).toHaveLength(100_000);
        await until(() => kill.mock.calls.length > 0);
        expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']]);
        expect(ended).toContain('shutdown SIGTERM');
        expect(held.endless.received).toContain('first');
      },
    );

    it.each([
      ['ws', (app: INestApplication) => new WsAdapter(app)],
      ['socket.io', (app: INestApplication) => new IoAdapter(app)],
    ])(
      'the process ends whatever is connected to a gateway of %s with its own port',
      async (_, adapter) => {
        const gatewayPort = await freePort();
        @WebSocketGateway(gatewayPort)
        class GatewayWithPort {}
        const module = appModule();
        await startApp(
          { ...module, providers: [...module.providers, GatewayWithPort] },
          (nest) => {
            nest.useWebSocketAdapter(adapter(nest));
            hooks(nest);
          },
        );
        const open = (...lines: string[]) =>
          new RawConnection(tcp(gatewayPort)).send(...lines);
        const silent = connect(gatewayPort, '127.0.0.1');
        silent.on('error', () => undefined);
        await once(silent, 'connect');
        open('GET /half HTTP/1.1', 'Host: example.com');
        process.emit('SIGTERM', 'SIGTERM');
        await until(() => kill.mock.calls.length > 0);
        expect(ended).toContain('shutdown SIGTERM');
      },
    );

    it('the wait comes before every onModuleDestroy of the application', async () => {
      const { port } = await startApp();
      const app = new RawConnection(tcp(port));
      process.emit('SIGTERM', 'SIGTERM');
      app.send('GET /hello HTTP/1.1', ...KEEP_ALIVE);
      await app.closed();
      expect(app.last.body).toBe('hello');
      expect(ended).toEqual([]);
      await until(() => kill.mock.calls.length > 0);
      expect(ended).toEqual(
        expect.arrayContaining(['root module', 'database', 'shutdown SIGTERM']),
      );
    });

    it.each([
      [
        'process.on("SIGTERM", () => app.close())',
        'SIGTERM',
        (app: INestApplication): void => {
          process.once('SIGTERM', () => void app.close());
        },
      ],
      [
        'shutdown hooks for SIGINT',
        'SIGINT',
        (app: INestApplication): void =>
          void app.enableShutdownHooks(['SIGINT']),
      ],
      [
        'process.on("SIGINT", …), which has work of its own before app.close()',
        'SIGINT',
        (app: INestApplication): void => {
          process.once('SIGINT', () =>
            setTimeout(() => void app.close(), 1_500),
          );
        },
      ],
      ['shutdown hooks enabled after listen', 'SIGTERM', undefined],
    ] as const)(
      'requests are served for the grace with %s',
      async (_, signal, configure) => {
        const running = await startApp(
          appModule(),
          configure ?? (() => undefined),
        );
        if (configure === undefined) hooks(running.app);
        const server = running.app.getHttpServer();
        process.emit(signal, signal);
        await until(() => running.app.get(AllowedHostsHealth).draining);
        expect((await running.get('/health', '10.9.9.9')).status).toBe(503);
        expect((await running.get('/hello', 'example.com')).status).toBe(200);
        expect(ended).toEqual([]);
        await until(() => !server.listening);
        await until(() => ended.includes('database'));
      },
    );

    it('a second signal neither shortens nor lengthens the grace', async () => {
      const running = await startApp();
      process.emit('SIGTERM', 'SIGTERM');
      await tick();
      process.emit('SIGTERM', 'SIGTERM');
      process.emit('SIGINT', 'SIGINT');
      expect((await running.get('/hello', 'example.com')).status).toBe(200);
      await until(() => kill.mock.calls.length > 0);
      expect(
        running.log.of('log').filter((line) => line.includes('readiness')),
      ).toHaveLength(1);
    });

    it('with health: false, the process ends as without the module', async () => {
      const module = {
        ...appModule(),
        imports: [
          AllowedHostsModule.forRoot({
            hosts: 'example.com',
            addresses: false,
            health: false,
          }),
        ],
      };
      const { app, port } = await startApp(module);
      const { waiting, silent, endless, upload } = await holdAll(port);
      process.emit('SIGTERM', 'SIGTERM');
      const server = app.getHttpServer();
      await until(() => !server.listening);
      expect(app.get(AllowedHostsHealth).draining).toBe(false);
      // By default all would be closed after 5 s.
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      expect(silent.closed).toBe(false);
      release();
      await waiting.until((text) => text.endsWith('xxx'));
      expect(waiting.received).toMatch(/^HTTP\/1\.1 200 /);
      for (const connection of [waiting, silent, endless, upload])
        connection.destroy();
    });

    it('app.close() does not wait where no signal came', async () => {
      const running = await startApp(
        appModule({ gracefulShutdownTimeoutMs: 3_600_000 }),
      );
      await running.app.close();
      expect(ended).toContain('database');
    });

    it('app.close() ends an endless response after health.forceCloseAfterMs', async () => {
      const { app, port } = await startApp(
        appModule({ forceCloseAfterMs: 100 }),
      );
      const { endless } = await holdAll(port);
      await app.close();
      await endless.closed();
      expect(endless.received).toContain('first');
    });

    it('a response that began before the signal closes its connection at its end', async () => {
      const { port } = await startApp(
        appModule(),
        () => void process.once('SIGTERM', () => undefined),
      );
      const parts = new RawConnection(tcp(port)).send(
        'GET /parts HTTP/1.1',
        ...KEEP_ALIVE,
      );
      await parts.until((text) => text.endsWith('one'));
      process.emit('SIGTERM', 'SIGTERM');
      release();
      await parts.closed();
      expect(parts.received).toMatch(/onetwo$/);
    });

    it('a response with keep-alive in its headers closes its connection too', async () => {
      const { port } = await startApp(
        // Node would close it after 5 s.
        appModule({}, { keepAliveTimeoutMs: 600_000 }),
        () => void process.once('SIGTERM', () => undefined),
      );
      process.emit('SIGTERM', 'SIGTERM');
      const kept = new RawConnection(tcp(port)).send(
        'GET /kept HTTP/1.1',
        ...KEEP_ALIVE,
      );
      await kept.closed();
      expect(kept.received).toContain('kept');
    });

    it('a refused request closes its connection too', async () => {
      const { port } = await startApp(
        appModule(),
        () => void process.once('SIGTERM', () => undefined),
      );
      process.emit('SIGTERM', 'SIGTERM');
      for (const path of ['/hello', '/nothing', '/health']) {
        const refused = new RawConnection(tcp(port)).send(
          `GET ${path} HTTP/1.1`,
          'Host: evil.example',
          '',
          '',
        );
        await refused.closed();
        const { status, headers } = refused.last;
        expect([status, headers['connection']]).toEqual([400, 'close']);
      }
    });

    it('liveness is 200 through the drain', async () => {
      const running = await startApp(appModule({ livenessPath: 'livez' }));
      process.emit('SIGTERM', 'SIGTERM');
      expect((await running.get('/health', '10.9.9.9')).status).toBe(503);
      expect((await running.get('/livez', '10.9.9.9')).status).toBe(200);
    });

    it('health.path: false keeps the drain', async () => {
      const running = await startApp(appModule({ path: false }));
      process.emit('SIGTERM', 'SIGTERM');
      expect(running.app.get(AllowedHostsHealth).draining).toBe(true);
      expect((await running.get('/hello', 'example.com')).status).toBe(200);
      expect(ended).toEqual([]);
      await until(() => kill.mock.calls.length > 0);
    });
  });

  describe('on fastify with HTTP/2', () => {
    const http2 = {
      adapter: () => new FastifyAdapter({ http2: true } as object),
    };
    afterEach(async () => {
      release();
      await until(() => kill.mock.calls.length > 0);
      kill.mockRestore();
    });
    beforeEach(() => {
      kill = mockKill();
      slow = new Promise<void>((resolve) => (release = resolve));
      ended.length = 0;
    });

    it('the process ends: an idle session, one with a stream and one that is endless', async () => {
      const { app } = await start(appModule(), http2, hooks);
      const [idle, busy, endless] = ['/hello', '/slow', '/events'].map(() =>
        connectHttp2(`http://127.0.0.1:${portOf(app)}`),
      );
      if (!idle || !busy || !endless) throw new Error('no sessions');
      const before = begun;
      const answers = [
        [idle, '/hello'],
        [busy, '/slow'],
        [endless, '/events'],
      ] as const;
      const streams = answers.map(([session, path]) => {
        session.on('error', () => undefined);
        const stream = session.request({
          ':path': path,
          ':authority': 'example.com',
        });
        const answer = { text: '', stream };
        stream.setEncoding('utf8');
        stream.on('data', (chunk: string) => (answer.text += chunk));
        stream.on('error', () => undefined);
        return answer;
      });
      await until(() => begun === before + 2 && streams[0]?.text === 'hello');
      const goaways: number[] = [];
      for (const [session] of answers)
        session.on('goaway', (code) => goaways.push(code));
      process.emit('SIGTERM', 'SIGTERM');
      const server = app.getHttpServer();
      await until(() => !server.listening);
      await until(() => goaways.length >= 3);
      expect(new Set(goaways)).toEqual(new Set([0]));
      release();
      await until(() => streams[1]?.stream.closed === true);
      expect(streams[1]?.text).toHaveLength(100_000);
      await until(() => kill.mock.calls.length > 0);
      expect(ended).toContain('shutdown SIGTERM');
    });

    it.each([
      ['an idle session', '/hello'],
      ['a session with a stream', '/slow'],
    ])(
      'a request that is sent on %s at the time of the signal is served',
      async (_, path) => {
        const { app } = await start(appModule(), http2, hooks);
        const session = connectHttp2(`http://127.0.0.1:${portOf(app)}`);
        session.on('error', () => undefined);
        const send = (target: string) => {
          const stream = session.request({
            ':path': target,
            ':authority': 'example.com',
          });
          const answer = { text: '' };
          stream.on(
            'data',
            (chunk: Buffer) => (answer.text += chunk.toString()),
          );
          stream.on('error', () => undefined);
          return answer;
        };
        const before = begun;
        const first = send(path);
        await until(() => first.text === 'hello' || begun > before);
        process.emit('SIGTERM', 'SIGTERM');
        // The client cannot know of the signal yet.
        const second = send('/hello');
        await until(() => second.text === 'hello' || session.closed);
        expect(second.text).toBe('hello');
      },
    );

    it('a session that begins in the drain is served, and gets GOAWAY', async () => {
      const { app } = await start(appModule(), http2, hooks);
      process.emit('SIGTERM', 'SIGTERM');
      const session = connectHttp2(`http://127.0.0.1:${portOf(app)}`);
      session.on('error', () => undefined);
      let isGoing = false;
      session.on('goaway', () => (isGoing = true));
      const stream = session.request({
        ':path': '/hello',
        ':authority': 'example.com',
      });
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(stream, 'close');
      expect(text).toBe('hello');
      await until(() => isGoing);
    });
  });
});
