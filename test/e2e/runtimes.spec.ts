import 'reflect-metadata';
import { createServer, IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { platforms, type Platform } from '../support/app.js';
import { helloApp } from '../support/hello.js';

type Handler = RequestListener;

/** A request as of a runtime that hands over parsed headers alone. */
class ParsedRequest extends IncomingMessage {
  constructor(socket: Socket) {
    super(socket);
    Object.defineProperty(this, 'rawHeaders', { value: undefined });
  }
}

const withoutRawHeaders = (handler?: Handler) =>
  createServer({ IncomingMessage: ParsedRequest }, handler as never);

/** A server as of a runtime that calls the handler itself. */
const withoutEvents = (handler?: Handler) => ({
  handler,
  on: () => undefined,
  once: () => undefined,
  listen: () => undefined,
  close: (done?: () => void) => done?.(),
  setTimeout: () => undefined,
});

/** An application on the HTTP server of a fake runtime. */
async function init(
  { name }: Platform,
  serverOf: (handler?: Handler) => unknown,
): Promise<void> {
  const adapter =
    name === 'express'
      ? new ExpressAdapter()
      : new FastifyAdapter({ serverFactory: serverOf as never });
  if (adapter instanceof ExpressAdapter)
    adapter.initHttpServer = () =>
      adapter.setHttpServer(
        serverOf(adapter.getInstance() as Handler) as never,
      );
  const app = await NestFactory.create(helloApp(), adapter, {
    logger: false,
    abortOnError: false,
  });
  await app.init();
}

describe('a runtime whose HTTP server hides what the gate reads', () => {
  describe.each(platforms)('on $name', (platform) => {
    it('stops the start if requests have no raw headers', async () => {
      await expect(init(platform, withoutRawHeaders)).rejects.toThrow(
        'AllowedHostsModule cannot check hosts on this HTTP server, because its requests have no rawHeaders: serve the application with createServer() of node:http, on Node.js or on a runtime that implements it.',
      );
    });

    it('stops the start if the server has no events', async () => {
      await expect(init(platform, withoutEvents)).rejects.toThrow(
        'AllowedHostsModule cannot check hosts on this HTTP server, because it emits no events: serve',
      );
    });

    it('starts on the server of Node', async () => {
      await expect(
        init(platform, (handler) => createServer(handler)),
      ).resolves.toBeUndefined();
    });
  });
});
