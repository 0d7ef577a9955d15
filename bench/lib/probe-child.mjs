/**
 * A health route with one indicator: `probe-child.mjs <platform> <variant> <duration of a check in ms>`. It sends its
 * port, and its figures for each message.
 */
import 'reflect-metadata';
import { setTimeout } from 'node:timers/promises';
import { Controller, Get, Inject } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';

const [platform, variant, checkMs] = process.argv.slice(2);

let checks = 0;
let atOnce = 0;
let mostAtOnce = 0;

class DatabaseIndicator {
  async check() {
    checks++;
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    if (checkMs !== '0') await setTimeout(Number(checkMs));
    atOnce--;
    return {
      database: { status: 'up', message: 'postgres://app@db.internal' },
    };
  }
}

/** The controller that Terminus documents. */
class HealthController {
  constructor(health) {
    this.health = health;
  }

  check() {
    const indicator = new DatabaseIndicator();
    return this.health.check([() => indicator.check()]);
  }
}
const { prototype } = HealthController;
Inject(HealthCheckService)(HealthController, undefined, 0);
Get()(prototype, 'check', Object.getOwnPropertyDescriptor(prototype, 'check'));
Controller('health')(HealthController);

class AppModule {}
const module =
  variant === 'Terminus alone'
    ? {
        module: AppModule,
        imports: [TerminusModule.forRoot({ logger: false })],
        controllers: [HealthController],
      }
    : {
        module: AppModule,
        imports: [
          AllowedHostsModule.forRoot({
            hosts: 'example.com',
            addresses: false,
            health: { indicators: [DatabaseIndicator] },
          }),
        ],
      };
const app = await NestFactory.create(
  module,
  platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  { logger: ['error'] },
);
await app.listen(0, '127.0.0.1');
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuUs: user + system, checks, mostAtOnce });
});
process.send(app.getHttpServer().address().port);
process.on('disconnect', () => process.exit());
