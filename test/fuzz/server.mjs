// Runs the application under test in its own process. It reports which of its code ran and which hosts that code read.
// Arguments: express|fastify, and a setting of settings.mjs.
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  All,
  Body,
  Controller,
  Get,
  HttpStatus,
  Module,
  Post,
  Req,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import {
  AllowAnyHost,
  AllowedHostsModule,
  AllowHosts,
  AllowProbes,
} from 'nestjs-allowed-hosts';
import { HOSTS } from './oracle.mjs';
import { SETTINGS } from './settings.mjs';

const [, , platform, settingName] = process.argv;
const setting = SETTINGS[settingName];

/** The code that ran, and the errors, since the last report. */
let ran = [];
let problems = [];
const record = (what, request) => {
  ran.push([
    request.headers['x-fuzz'] ?? null,
    what,
    [request.hostname, request.host, request.headers.host].filter(
      (value) => value !== undefined,
    ),
    request.socket.remoteAddress === undefined,
  ]);
};
const problem = (error) => {
  const text = String(error?.stack ?? error);
  // Nest logs mistakes of an allowed client: bytes that are not a frame after an upgrade, an incomplete body.
  if (!/^RangeError: Invalid WebSocket frame|^Error: aborted/.test(text))
    problems.push(text);
};
process.on('unhandledRejection', problem);
process.on('uncaughtException', problem);

class Handlers {
  hello(request) {
    record('hello', request);
    return 'hello';
  }
  echo(request, body) {
    record('echo', request);
    return { body };
  }
  admin(request) {
    record('admin', request);
    return 'admin';
  }
  ready(request) {
    record('ready', request);
    return 'ready';
  }
  any(request) {
    record('any', request);
    return 'any';
  }
}

/** Applies decorators without a compiler. */
function decorate(name, ...decorators) {
  const { prototype } = Handlers;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  for (const decorator of decorators) decorator(prototype, name, descriptor);
  Req()(prototype, name, 0);
}
decorate('hello', All('hello'));
decorate('echo', Post('echo'));
Body()(Handlers.prototype, 'echo', 1);
decorate('admin', Get('admin'), AllowHosts('admin.example.com'));
decorate('ready', Get('ready'), AllowProbes());
decorate('any', Get('any'), AllowAnyHost());
Controller()(Handlers);

class Gateway {
  handleConnection(client, request) {
    record('ws', request);
    client.on('error', () => undefined);
  }
}
WebSocketGateway({ path: '/ws' })(Gateway);

class AppModule {}
Module({
  imports: [
    AllowedHostsModule.forRoot({
      hosts: setting.slow
        ? [...HOSTS, async ({ hostname }) => hostname === 'slow.example']
        : HOSTS,
      addresses: false,
      forwardedHost: setting.forwardedHost,
    }),
  ],
  controllers: [Handlers],
  providers: [Gateway],
})(AppModule);

function adapter() {
  if (platform === 'fastify')
    return new FastifyAdapter(
      setting.trusts ? { trustProxy: 'loopback' } : undefined,
    );
  const express = new ExpressAdapter();
  if (setting.trusts) express.set('trust proxy', 'loopback');
  return express;
}

const ignore = () => undefined;
const app = await NestFactory.create(AppModule, adapter(), {
  abortOnError: false,
  logger: { log: ignore, warn: ignore, error: problem, fatal: problem },
});
app.use((request, _response, next) => {
  record('middleware', request);
  next();
});
app.enableCors((request, callback) => {
  record('cors', request);
  callback(null, { origin: true, optionsSuccessStatus: HttpStatus.NO_CONTENT });
});
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer();
server.on('connect', (request, socket) => {
  record('connect', request);
  socket.on('error', ignore);
  socket.end('HTTP/1.1 200 Connected\r\nConnection: close\r\n\r\n');
});

async function openConnections() {
  const count = () =>
    new Promise((resolve) => server.getConnections((_, open) => resolve(open)));
  // Node needs a moment to close the connections that the client has closed.
  for (let times = 0; times < 40 && (await count()) > 0; times++)
    await sleep(50);
  return count();
}

const commands = {
  report: () => {
    const report = { ran, problems };
    ran = [];
    problems = [];
    return report;
  },
  heap: async () => {
    const connections = await openConnections();
    for (let times = 0; times < 3; times++) {
      globalThis.gc();
      await sleep(20);
    }
    return { heap: process.memoryUsage().heapUsed, connections };
  },
  close: async () => {
    await app.close();
    return {};
  },
};
process.on('message', async (command) => {
  process.send(await commands[command]());
  // Nothing else may keep this process alive.
  if (command === 'close') process.disconnect();
});
process.send({ port: server.address().port });
