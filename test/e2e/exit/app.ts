import 'reflect-metadata';
import {
  Controller,
  Get,
  Injectable,
  Post,
  Sse,
  type INestApplication,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { NEVER, startWith } from 'rxjs';
import { AllowedHostsModule } from '../../../src/index.js';
import type { AppSettings } from './process.js';

/** The application in a process of its own: `node app.js <settings as JSON>`. A message releases its slow handler. */
const settings = JSON.parse(process.argv[2] ?? '') as AppSettings;

const released = new Promise<void>((resolve) =>
  process.once('message', () => resolve()),
);
// The channel to the test must not keep the process from ending.
process.channel?.unref();
process.on('warning', ({ name }) => console.log(`warning ${name}`));

@Controller()
class AppController {
  @Get('hello')
  hello() {
    return 'hello';
  }

  @Get('slow')
  async slow() {
    console.log('begun');
    await released;
    return 'x'.repeat(100_000);
  }

  @Sse('events')
  events() {
    return NEVER.pipe(startWith({ data: 'first' }));
  }

  @Post('upload')
  upload() {
    return 'whole';
  }
}

@WebSocketGateway()
class Gateway {}

@Injectable()
class LastHook {
  onApplicationShutdown(signal?: string) {
    console.log(`shutdown ${signal}`);
  }
}

const { key, cert } = settings;
const adapters = {
  'express, http': () => new ExpressAdapter(),
  'express, https': () => new ExpressAdapter(),
  'fastify, http': () => new FastifyAdapter(),
  'fastify, https': () =>
    new FastifyAdapter({ https: { key, cert } } as object),
  'fastify, h2c': () => new FastifyAdapter({ http2: true } as object),
  'fastify, h2': () =>
    new FastifyAdapter({
      http2: true,
      https: { key, cert, allowHTTP1: true },
    } as object),
};

const app = await NestFactory.create<INestApplication>(
  {
    module: class AppModule {},
    imports: [
      AllowedHostsModule.forRoot({
        hosts: 'example.com',
        addresses: false,
        health: {
          gracefulShutdownTimeoutMs: settings.graceMs,
          forceCloseAfterMs: settings.forceMs,
        },
      }),
    ],
    controllers: [AppController],
    providers: [Gateway, LastHook],
  },
  adapters[settings.server]() as ExpressAdapter,
  {
    // An upload that is cut off is logged as an error.
    logger: ['warn'],
    ...(settings.server === 'express, https' && {
      httpsOptions: { key, cert },
    }),
  },
);
app.useWebSocketAdapter(
  settings.webSocket === 'ws' ? new WsAdapter(app) : new IoAdapter(app),
);
if (settings.end === 'shutdown hooks') app.enableShutdownHooks();
else process.once('SIGTERM', () => void app.close());
await app.listen(settings.port, '127.0.0.1');
console.log('listening');
