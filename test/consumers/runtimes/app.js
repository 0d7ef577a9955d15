// An application without a build, for every runtime: `app.js <platform>`.
import 'reflect-metadata';
import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';

class AppController {
  hello() {
    return 'hello';
  }
}
Controller()(AppController);
Get()(
  AppController.prototype,
  'hello',
  Object.getOwnPropertyDescriptor(AppController.prototype, 'hello'),
);

const app = await NestFactory.create(
  {
    module: class AppModule {},
    imports: [
      AllowedHostsModule.forRoot({
        hosts: 'example.com',
        addresses: false,
        health: { gracefulShutdownTimeoutMs: 4_000, forceCloseAfterMs: 1_000 },
      }),
    ],
    controllers: [AppController],
  },
  process.argv[2] === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
);
// Deno throws for some of the signals that Nest listens to by default.
app.enableShutdownHooks(['SIGTERM']);
await app.listen(process.env.PORT, '127.0.0.1');
