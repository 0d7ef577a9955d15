import { mkdtempSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { MessagePattern, Transport } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import { portOf } from '../../support/app.js';
import {
  RawConnection,
  sendRequest,
  tcp,
  tls,
  unix,
} from '../../support/raw-client.js';
import { certificate } from './certificate.js';
import { sendHttp2Request } from './http2.js';
import { withLocalhostOfBothFamilies } from './localhost.js';
import { note } from './ran.js';
import {
  create,
  onlyOurs,
  type PlatformName,
  type Scene,
  type Surface,
} from './scene.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    note('handler');
    return 'hello';
  }

  @Post('echo')
  echo() {
    note('handler');
    return 'echo';
  }

  @MessagePattern('hello')
  message() {
    return 'message';
  }
}

@Module({ imports: [onlyOurs()], controllers: [AppController] })
class AppModule {}

const adapterOf = (platform: PlatformName) =>
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();

const get =
  (path: string): Surface['send'] =>
  (connect, host) =>
    sendRequest(connect, `GET ${path}`, host);

const route = (name: string): Surface => ({
  name,
  send: get('/hello'),
  status: 200,
  runs: /handler/,
});

const expecting =
  (path: string): Surface['send'] =>
  async (connect, host) => {
    const connection = new RawConnection(connect).send(
      `POST ${path} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: close',
      'Expect: 100-continue',
      'Content-Length: 2',
      'Content-Type: application/json',
      '',
      '',
    );
    await connection.until((text) => text.includes('HTTP/1.1 100 '));
    return (await connection.send('{}').closed()).last;
  };

const overHttp2 = (name: string): Surface[] => {
  const surface = (
    what: string,
    headers: (host: string) => OutgoingHttpHeaders,
    status: number,
    runs = /^/,
  ): Surface => ({
    name: `${name}: ${what}`,
    send: (connect, host) =>
      sendHttp2Request(
        connect,
        headers(host),
        headers(host)[':method'] === 'POST' ? '{}' : '',
      ),
    status,
    runs,
  });
  return [
    surface(
      'a route, by `:authority`',
      (host) => ({ ':path': '/hello', ':authority': host }),
      200,
      /handler/,
    ),
    surface(
      'a route, by `Host` alone',
      (host) => ({ ':path': '/hello', host }),
      200,
      /handler/,
    ),
    surface(
      'an unmatched path',
      (host) => ({ ':path': '/nothing', ':authority': host }),
      404,
    ),
    surface(
      '`Expect: 100-continue`',
      (host) => ({
        ':path': '/echo',
        ':method': 'POST',
        ':authority': host,
        expect: '100-continue',
        'content-type': 'application/json',
      }),
      201,
      /handler/,
    ),
    surface(
      'CONNECT, with a listener of the application',
      (host) => ({ ':method': 'CONNECT', ':authority': host }),
      200,
      /connect/,
    ),
    surface(
      "a listener on the server's streams",
      (host) => ({ ':path': '/nothing', ':authority': host }),
      404,
      /stream/,
    ),
  ];
};

async function openHttp2(secure: boolean) {
  const app = await create(
    AppModule,
    secure
      ? new FastifyAdapter({
          http2: true,
          https: { ...certificate(), allowHTTP1: true },
        })
      : new FastifyAdapter({ http2: true }),
  );
  const server = app.getHttpServer();
  server.on('connect', (request: IncomingMessage, response: ServerResponse) => {
    note('connect', request);
    response.writeHead(200).end();
  });
  server.on('stream', (_: ServerHttp2Stream, headers: OutgoingHttpHeaders) =>
    note('stream', { url: String(headers[':path']) }),
  );
  await app.listen(0, '127.0.0.1');
  return { app, connect: secure ? tls(portOf(app), 'h2') : tcp(portOf(app)) };
}

export const serverScenes: Scene[] = [
  {
    name: 'an application that listens on localhost',
    open: async (platform) => {
      const app = await create(AppModule, adapterOf(platform));
      await withLocalhostOfBothFamilies(() => app.listen(0, 'localhost'));
      // Fastify has made a second server, for the other family.
      const address = platform === 'fastify' ? '::1' : '127.0.0.1';
      return { app, connect: () => connectTcp(portOf(app), address) };
    },
    surfaces: [
      route('`localhost` in its second family'),
      {
        name: '`Expect: 100-continue` to `localhost` in its second family',
        send: expecting('/echo'),
        status: 201,
        runs: /handler/,
      },
    ],
  },
  {
    name: 'an application on a UNIX socket',
    open: async (platform) => {
      const app = await create(AppModule, adapterOf(platform));
      const path = join(mkdtempSync(join(tmpdir(), 'matrix-')), 'app.sock');
      // Nest 11 accepts no bare path for Fastify.
      await app.listen((platform === 'fastify' ? { path } : path) as string);
      return { app, connect: unix(path) };
    },
    surfaces: [route('a UNIX socket')],
  },
  {
    name: 'an application over TLS',
    open: async (platform) => {
      const httpsOptions = certificate();
      const app =
        platform === 'express'
          ? await create(AppModule, new ExpressAdapter(), { httpsOptions })
          : await create(
              AppModule,
              new FastifyAdapter({ https: httpsOptions }),
            );
      await app.listen(0, '127.0.0.1');
      return { app, connect: tls(portOf(app)) };
    },
    surfaces: [route('HTTPS')],
  },
  {
    name: 'an application over HTTP/2 in the clear',
    on: ['fastify'],
    open: () => openHttp2(false),
    surfaces: overHttp2('h2c'),
  },
  {
    name: 'an application over HTTP/2 and TLS',
    on: ['fastify'],
    open: () => openHttp2(true),
    surfaces: overHttp2('HTTP/2'),
  },
  {
    name: 'an application over HTTP/2 and TLS, by a client of HTTP/1.1',
    on: ['fastify'],
    open: async () => {
      const { app } = await openHttp2(true);
      return { app, connect: tls(portOf(app)) };
    },
    surfaces: [route('HTTP/1.1 to an HTTP/2 server')],
  },
  {
    name: 'an application with a microservice',
    open: async (platform) => {
      const app = await create(AppModule, adapterOf(platform));
      app.connectMicroservice(
        { transport: Transport.TCP, options: { port: 0, host: '127.0.0.1' } },
        { inheritAppConfig: true },
      );
      await app.startAllMicroservices();
      await app.listen(0, '127.0.0.1');
      return { app, connect: tcp(portOf(app)) };
    },
    surfaces: [route('a hybrid application')],
  },
  {
    name: 'an Express application that was there before',
    on: ['express'],
    open: async () => {
      const existing = express();
      existing.use((request, _response, next) => {
        note('middleware', request);
        next();
      });
      existing.get('/brought', (request, response) => {
        note('brought', request);
        response.send('brought');
      });
      const app = await create(AppModule, new ExpressAdapter(existing));
      await app.listen(0, '127.0.0.1');
      return { app, connect: tcp(portOf(app)) };
    },
    surfaces: [
      {
        name: 'middleware and routes that an instance brought along',
        send: get('/brought'),
        status: 200,
        runs: /middleware[^]*brought/,
      },
    ],
  },
  {
    name: 'a Fastify instance that was there before',
    on: ['fastify'],
    open: async () => {
      const existing = fastify();
      existing.addHook('onRequest', (request, _reply, done) => {
        note('hook', request);
        done();
      });
      await existing.register(async (plugin) => {
        plugin.addHook('onRequest', (request, _reply, done) => {
          note("plugin's hook", request);
          done();
        });
        plugin.get('/plugin', (request) => {
          note('brought', request);
          return 'brought';
        });
      });
      existing.get('/brought', (request) => {
        note('brought', request);
        return 'brought';
      });
      const app = await create(
        AppModule,
        new FastifyAdapter(existing as never),
      );
      await app.listen(0, '127.0.0.1');
      return { app, connect: tcp(portOf(app)) };
    },
    surfaces: [
      {
        name: 'hooks and routes that an instance brought along',
        send: get('/brought'),
        status: 200,
        runs: /hook[^]*brought/,
      },
      {
        name: 'hooks and routes of a plugin that an instance brought along',
        send: get('/plugin'),
        status: 200,
        runs: /plugin's hook[^]*brought/,
      },
    ],
  },
  {
    name: 'a second server for the same Express instance',
    on: ['express'],
    open: async () => {
      const app = await create(AppModule, new ExpressAdapter());
      await app.init();
      const second = createServer(app.getHttpAdapter().getInstance());
      await new Promise<void>((done) => second.listen(0, '127.0.0.1', done));
      return {
        app,
        connect: tcp((second.address() as AddressInfo).port),
        close: () => void second.close(),
      };
    },
    surfaces: [route('a second server for the same instance')],
  },
];
