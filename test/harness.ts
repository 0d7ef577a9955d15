import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type {
  INestApplication,
  LoggerService,
  NestApplicationOptions,
  Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

export interface Platform {
  readonly name: 'express' | 'fastify';
  /** @param trust the peers whose X-Forwarded-Host the framework takes; none by default */
  readonly adapter: (trust?: string) => AbstractHttpAdapter;
}

/** Every behaviour is shown on both. */
export const platforms: readonly Platform[] = [
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

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The lines that an application logs. */
export class LogLines implements LoggerService {
  readonly lines: { level: string; message: string }[] = [];
  log = (message: unknown) => this.#add('log', message);
  warn = (message: unknown) => this.#add('warn', message);
  error = (message: unknown) => this.#add('error', message);
  debug = (message: unknown) => this.#add('debug', message);
  verbose = () => undefined;
  fatal = (message: unknown) => this.#add('fatal', message);

  of(level: string): string[] {
    return this.lines
      .filter((line) => line.level === level)
      .map(({ message }) => message);
  }

  #add(level: string, message: unknown): void {
    this.lines.push({ level, message: String(message) });
  }
}

export class RunningApp {
  constructor(
    readonly app: INestApplication,
    readonly log: LogLines,
  ) {}

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  /** One request with exactly these bytes before its end; `Connection: close` is for HTTP/1.1 to end by itself. */
  get(
    path: string,
    host: string | undefined,
    headers: readonly string[] = [],
  ): Promise<Answer> {
    return this.request('GET', path, host, headers);
  }

  request(
    method: string,
    path: string,
    host: string | undefined,
    headers: readonly string[] = [],
    body = '',
  ): Promise<Answer> {
    const lines = [
      `${method} ${path} HTTP/${host === undefined ? '1.0' : '1.1'}`,
      ...(host === undefined ? [] : [`Host: ${host}`]),
      'Connection: close',
      ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
      ...headers,
    ];
    return this.raw(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Sends bytes as they are (latin1) and reads the first answer until the server closes. */
  async raw(bytes: string): Promise<Answer> {
    const socket = connect(this.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that refuses early may close before it has read all of the request.
    socket.on('error', () => undefined);
    socket.write(Buffer.from(bytes, 'latin1'));
    await once(socket, 'close');
    return parse(Buffer.concat(chunks).toString('latin1'));
  }
}

function parse(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [status = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return {
    status: Number(status.split(' ')[1]),
    headers,
    body: rest.join('\r\n\r\n'),
  };
}

const running = new Set<INestApplication>();

/** Starts an application on a free port of the loopback; {@link stopAll} stops it. */
export async function start(
  module: Type | object,
  platform: Pick<Platform, 'adapter'>,
  configure: (app: INestApplication) => void | Promise<void> = () => undefined,
  options: NestApplicationOptions = {},
): Promise<RunningApp> {
  const log = new LogLines();
  const app = await NestFactory.create<INestApplication>(
    module as Type,
    platform.adapter(),
    { logger: log, abortOnError: false, ...options },
  );
  await configure(app);
  running.add(app);
  await app.listen(0, '127.0.0.1');
  return new RunningApp(app, log);
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((app) => app.close()));
  running.clear();
}
