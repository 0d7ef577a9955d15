import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] || '3000', '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
console.log(`
Listening on http://localhost:${port}. Ctrl+C stops it. Try:
  curl -i -H 'Host: shop.example' http://localhost:${port}/
  curl -i -H 'Host: admin.example.com' -X PUT http://localhost:${port}/domains/shop.example
  curl -i -H 'Host: shop.example' http://localhost:${port}/
  curl -i -H 'Host: admin.example.com' -X DELETE http://localhost:${port}/domains/shop.example
With REDIS_URL set, e.g. to redis://localhost:6379, start several, each with a PORT of its own.`);
