/** A server with a number of ruled routes, in a process of its own: sends its port, and its CPU time when asked. */
import 'reflect-metadata';
import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule, AllowHosts } from 'nestjs-allowed-hosts';

const [platform, ruled] = process.argv.slice(2);

const controllers = Array.from({ length: Number(ruled) }, (_, i) => {
  class RuledController {
    get() {
      return 'ruled';
    }
  }
  const get = Object.getOwnPropertyDescriptor(RuledController.prototype, 'get');
  // Half with a parameter, as routes of an application have them.
  Get(i % 2 ? `:id/part-${i}` : `part-${i}`)(
    RuledController.prototype,
    'get',
    get,
  );
  AllowHosts(`host-${i}.example.com`)(RuledController.prototype, 'get', get);
  Controller(`ruled-${i % 7}`)(RuledController);
  return RuledController;
});

class AppModule {}
const app = await NestFactory.create(
  {
    module: AppModule,
    imports: [
      AllowedHostsModule.forRoot({ hosts: 'example.com', addresses: false }),
    ],
    controllers,
  },
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  { logger: ['error'] },
);
await app.listen(0, '127.0.0.1');
process.on('message', () => process.send(process.cpuUsage()));
process.send(app.getHttpServer().address().port);
process.on('disconnect', () => process.exit());
