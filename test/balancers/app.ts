import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import {
  Body,
  Controller,
  Get,
  Module,
  Param,
  Post,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule } from '../../src/index.js';
import type { InstanceSettings } from './instance.js';

/** The application behind the balancer, in a process of its own: `node app.js <settings as JSON>`. */
const settings = JSON.parse(process.argv[2] ?? '') as InstanceSettings;

interface Reply {
  readonly raw?: Reply;
  write(text: string, written: () => void): void;
  end(text: string): void;
}

@Controller()
class AppController {
  @Get()
  fast() {
    return 'fast';
  }

  @Get('slow')
  async slow() {
    await setTimeout(300);
    return 'slow';
  }

  /** Keeps the process from doing anything else, as a long computation or a machine without free CPU does. */
  @Get('block/:ms')
  async block(@Param('ms') ms: string, @Res() response: Reply) {
    const raw = response.raw ?? response;
    await new Promise<void>((resolve) => raw.write('begun, ', resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
    raw.end('ended');
  }

  @Post()
  post(@Body() body: object) {
    return body;
  }
}

@Module({
  imports: [
    AllowedHostsModule.forRoot({
      hosts: 'example.com',
      addresses: false,
      health: {
        gracefulShutdownTimeoutMs: settings.graceMs,
        forceCloseAfterMs: 2_000,
      },
      ...(settings.keepAliveTimeoutMs !== undefined && {
        keepAliveTimeoutMs: settings.keepAliveTimeoutMs,
      }),
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

const adapters: Readonly<
  Record<InstanceSettings['platform'], () => ExpressAdapter | FastifyAdapter>
> = {
  express: () => new ExpressAdapter(),
  // Fastify's own keep-alive is 72 s.
  fastify: () => new FastifyAdapter({ keepAliveTimeout: 5_000 }),
  'fastify over h2c': () => new FastifyAdapter({ http2: true } as object),
};

const app = await NestFactory.create(
  AppModule,
  adapters[settings.platform]() as ExpressAdapter,
  { logger: ['error', 'warn'] },
);
app.enableShutdownHooks();
await app.listen(settings.port, '127.0.0.1');
console.log('listening');
