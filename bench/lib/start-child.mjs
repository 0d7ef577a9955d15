/** One start of an application: `start-child.mjs <variant>`. It sends the duration of the start in milliseconds. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import '@nestjs/platform-express';

const [variant] = process.argv.slice(2);

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

class Check {
  check() {
    return { database: { status: 'up' } };
  }
}

class AppModule {}
const importStart = performance.now();
const imports = [];
if (variant === 'Terminus alone') {
  const { TerminusModule } = await import('@nestjs/terminus');
  imports.push(TerminusModule.forRoot({ logger: false }));
}
if (variant.startsWith('this library')) {
  const { AllowedHostsModule } = await import('nestjs-allowed-hosts');
  const indicators = variant.endsWith('with a check') ? [Check] : [];
  imports.push(
    AllowedHostsModule.forRoot({
      hosts: ['example.com'],
      health: { indicators },
    }),
  );
}
const importMs = performance.now() - importStart;
Module({ imports, controllers: [AppController] })(AppModule);

const createStart = performance.now();
const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const createMs = performance.now() - createStart;
process.send({ importMs, createMs, totalMs: importMs + createMs }, () =>
  process.exit(),
);
