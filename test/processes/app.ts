import 'reflect-metadata';
import cluster from 'node:cluster';
import type { Server } from 'node:http';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AllowedHostsModule } from '../../src/index.js';

/**
 * An application in processes of its own: `node app.js <platform> cluster`, or `node app.js <platform> <descriptor>` for
 * one that serves a socket which another process has opened.
 */
@Controller()
class PidController {
  @Get('pid')
  pid() {
    return process.pid;
  }
}

class AppModule {}

const application = {
  module: AppModule,
  imports: [
    AllowedHostsModule.forRoot({
      hosts: 'example.com',
      addresses: false,
      health: { gracefulShutdownTimeoutMs: 2_000, forceCloseAfterMs: 1_000 },
    }),
  ],
  controllers: [PidController],
};

const [platform = '', home = ''] = process.argv.slice(2);
if (home !== 'cluster') await serveInherited(Number(home));
else if (cluster.isPrimary) forkWorkers();
else await (await create()).listen(0, '127.0.0.1');

async function create(): Promise<INestApplication> {
  const adapter =
    platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(application, adapter, {
    logger: ['error', 'warn'],
  });
  return app.enableShutdownHooks();
}

/** Systemd and other supervisors pass an open socket as a descriptor, so nothing calls listen() of Nest. */
async function serveInherited(fd: number): Promise<void> {
  const app = await create();
  await app.init();
  if (platform === 'fastify')
    await (app.getHttpAdapter().getInstance() as FastifyInstance).ready();
  const server = app.getHttpServer() as Server;
  server.listen({ fd }, () => console.log('listening'));
}

function forkWorkers(): void {
  const workers = [cluster.fork(), cluster.fork()];
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    listening++;
    if (listening === workers.length) console.log(`listening on ${port}`);
  });
  process.on('SIGTERM', () => {
    for (const worker of workers) worker.process.kill('SIGTERM');
  });
  // Without workers nothing keeps the primary process.
  cluster.on('exit', () => {
    if (Object.keys(cluster.workers ?? {}).length === 0)
      process.removeAllListeners('SIGTERM');
  });
}
