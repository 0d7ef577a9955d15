import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { AddressInfo, Socket } from 'node:net';
import type {
  INestApplication,
  INestApplicationContext,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogLines } from './log-lines.js';
import {
  RawConnection,
  sendRequest,
  tcp,
  type RawResponse,
} from './raw-client.js';

export interface Platform {
  readonly name: 'express' | 'fastify';
  /** @param trust the peers whose X-Forwarded-Host the framework takes; none by default */
  readonly adapter: (trust?: string) => AbstractHttpAdapter;
}

/** Tests show each behaviour on both. */
export const platforms: readonly [Platform, Platform] = [
  {
    name: 'express',
    adapter: (trust) => {
      const adapter = new ExpressAdapter();
      if (trust !== undefined) adapter.set('trust proxy', trust);
      return adapter;
    },
  },
  {
    name: 'fastify',
    adapter: (trust) =>
      new FastifyAdapter(trust === undefined ? {} : { trustProxy: trust }),
  },
];

/** An application that listens, and what it logged. */
export class RunningApp {
  constructor(
    readonly app: INestApplication,
    readonly log: LogLines,
  ) {}

  get port(): number {
    return portOf(this.app);
  }

  get(
    path: string,
    host: string | undefined,
    headers: readonly string[] = [],
  ): Promise<RawResponse> {
    return this.request('GET', path, host, headers);
  }

  request(
    method: string,
    path: string,
    host: string | undefined,
    headers: readonly string[] = [],
    body = '',
  ): Promise<RawResponse> {
    const line = `${method} ${path}`;
    return sendRequest(tcp(this.port), line, host, headers, body);
  }

  /** Sends bytes as they are (latin1) and reads until the server closes the connection. */
  async raw(bytes: string): Promise<RawResponse> {
    const connection = new RawConnection(tcp(this.port)).send(bytes);
    return (await connection.closed()).last;
  }
}

export function portOf(app: INestApplication): number {
  return (app.getHttpServer().address() as AddressInfo).port;
}

const running = new Set<INestApplicationContext>();

/** Closes an application after the tests of this file, also if one of them fails. */
export function closeLater<T extends INestApplicationContext>(app: T): T {
  running.add(app);
  return app;
}

/** Starts an application on a free port of the loopback; {@link stopAll} stops it. */
export async function start(
  module: Type | object,
  platform: Pick<Platform, 'adapter'>,
  configure: (app: INestApplication) => void | Promise<void> = () => undefined,
  options: NestApplicationOptions = {},
): Promise<RunningApp> {
  const log = new LogLines();
  const app = closeLater(
    await NestFactory.create<INestApplication>(
      module as Type,
      platform.adapter(),
      { logger: log, abortOnError: false, ...options },
    ),
  );
  await configure(app);
  await app.listen(0, '127.0.0.1');
  return new RunningApp(app, log);
}

/** Closes the applications of this file that are open. */
export async function stopAll(): Promise<void> {
  const apps = [...running];
  running.clear();
  await Promise.all(apps.map((app) => app.close().catch(ignoreSecondClose)));
}

/** platform-ws of Nest 11 fails if a test has closed the application already. */
function ignoreSecondClose(error: unknown): void {
  if (!/server is not running/i.test(String(error))) throw error;
}

const sockets = new Set<Socket>();

const keep = (message: unknown): void => {
  const { socket } = message as { readonly socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
};
subscribe('net.server.socket', keep);

// An application that a failed test leaves open would keep Jest from ending. It waits for its sockets when it closes.
afterAll(async () => {
  unsubscribe('net.server.socket', keep);
  for (const socket of sockets) socket.destroy();
  await stopAll();
});
