import 'reflect-metadata';
import { once } from 'node:events';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { of } from 'rxjs';
import { AllowedHostsModule } from '../../src/index.js';

/**
 * An application in a process of its own, for tests of Node's flags: `app.js <express|fastify> [no-network]`. Its last
 * line is the statuses of its responses as JSON.
 */
@Controller()
class AppController {
  @Get()
  hello() {
    return 'hello';
  }
}

const [, , platform, network] = process.argv;
const module = {
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({
      hosts: of(['example.com']),
      lookup: { find: async (host: string) => host === 'tenant.example' },
    }),
  ],
  controllers: [AppController],
};
const app =
  platform === 'fastify'
    ? await NestFactory.create(module, new FastifyAdapter())
    : await NestFactory.create(module);
app.enableShutdownHooks();
if (network === 'no-network') {
  await app.init();
} else {
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const statusOf = async (host: string, path: string) => {
    const headers = { host };
    const sent = request({ port, path, headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.statusCode;
  };
  console.log(
    JSON.stringify({
      listed: await statusOf('example.com', '/'),
      found: await statusOf('tenant.example', '/'),
      refused: await statusOf('evil.example', '/'),
      probe: await statusOf('10.0.0.1', '/health'),
    }),
  );
}
await app.close();
