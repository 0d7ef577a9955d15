/**
 * A server with a number of routes that have a rule: `refusal-server-child.mjs <platform> <routes>`. It sends its port,
 * and for each message its CPU time.
 */
import 'reflect-metadata';
import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule, AllowHosts } from 'nestjs-allowed-hosts';

const [platform, routes] = process.argv.slice(2);

const controllers = Array.from({ length: Number(routes) }, (_, i) => {
  class RuledController {
    get() {
      return 'ruled';
    }
  }
  const get = Object.getOwnPropertyDescriptor(RuledController.prototype, 'get');
  // Half of the routes have a parameter, as in an application.
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
  { logger: ['error', 'warn', 'log'] },
);
await app.listen(0, '127.0.0.1');
process.on('message', () => process.send(process.cpuUsage()));
process.send(app.getHttpServer().address().port);
process.on('disconnect', () => process.exit());
