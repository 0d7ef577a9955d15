import 'reflect-metadata';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express } from 'express';
import { AllowedHostsHealth } from '../../src/index.js';
import { closeLater, stopAll } from '../support/app.js';
import { helloApp } from '../support/hello.js';
import { RawConnection, sendRequest, tcp } from '../support/raw-client.js';

const servers: Server[] = [];

async function listen(instance: Express): Promise<number> {
  const server = createServer(instance).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** @see https://docs.nestjs.com/faq/multiple-servers */
async function open() {
  const instance = express();
  const app = closeLater(
    await NestFactory.create(helloApp(), new ExpressAdapter(instance), {
      logger: false,
    }),
  );
  // No listen(): the servers call the instance.
  await app.init();
  return { app, ports: [await listen(instance), await listen(instance)] };
}

describe('several servers over one Express instance', () => {
  afterEach(async () => {
    await stopAll();
    for (const server of servers.splice(0)) server.close();
  });

  it('serve allowed hosts only', async () => {
    const { ports } = await open();
    for (const port of ports) {
      const status = async (path: string, host: string | undefined) =>
        (await sendRequest(tcp(port), `GET ${path}`, host)).status;
      expect(await status('/hello', 'example.com')).toBe(200);
      expect(await status('/hello', 'evil.example')).toBe(400);
      expect(await status('/none', 'evil.example')).toBe(400);
      expect(await status('/hello', undefined)).toBe(400);
      expect(await status('/admin', 'admin.example.com')).toBe(200);
      expect(await status('/admin', 'example.com')).toBe(400);
      expect(await status('/health', '10.0.9.41:443')).toBe(200);
      const twice = await new RawConnection(tcp(port))
        .send(
          'GET /hello HTTP/1.1',
          'Host: example.com',
          'Host: evil.example',
          'Connection: close',
          '',
          '',
        )
        .closed();
      expect(twice.last.status).toBe(400);
    }
  });

  it('respond 503 to readiness once the application closes', async () => {
    const { app, ports } = await open();
    await app.close();
    expect(app.get(AllowedHostsHealth).draining).toBe(true);
    for (const port of ports) {
      const { status } = await sendRequest(
        tcp(port),
        'GET /health',
        '10.0.9.41',
      );
      expect(status).toBe(503);
    }
  });
});
