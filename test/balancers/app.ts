import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule } from '../../src/index.js';

/** The application behind the balancer, in a process of its own: `node app.js <platform> <port>`. */
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
      health: { gracefulShutdownTimeoutMs: 2_000, forceCloseAfterMs: 2_000 },
      keepAliveTimeoutMs: 65_000,
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

const adapters: Readonly<
  Record<string, () => ExpressAdapter | FastifyAdapter>
> = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter(),
  'fastify over h2c': () => new FastifyAdapter({ http2: true } as object),
};

const [platform = '', port] = process.argv.slice(2);
const app = await NestFactory.create(
  AppModule,
  adapters[platform]?.() as ExpressAdapter,
  { logger: ['error', 'warn'] },
);
app.enableShutdownHooks();
await app.listen(Number(port), '127.0.0.1');
console.log('listening');
