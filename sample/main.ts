import type { AddressInfo } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHosts, HostPatternError } from 'nestjs-allowed-hosts';
import { AppModule } from './app.module.js';
import { fakeAwsUnlessThere } from './fake-aws.js';
import { hostUnder, play, table } from './story.js';

const adapters = {
  express: () => new ExpressAdapter(),
  fastify: () => new FastifyAdapter(),
};

async function start(platform: string, port: string): Promise<void> {
  if (!isPlatform(platform))
    throw new Error(
      `"${platform}" is not a platform: write "npm start" or "npm start -- fastify".`,
    );
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
    throw new Error(`PORT is "${port}": write a number from 0 to 65535.`);

  const fake = await fakeAwsUnlessThere();
  let app: INestApplication | undefined;
  try {
    app = await NestFactory.create<INestApplication>(
      AppModule,
      adapters[platform](),
      // Nest's log lines are held back until it listens, so that a failing start prints one sentence and no stack trace.
      { abortOnError: false, bufferLogs: true, autoFlushLogs: false },
    );
    app.enableShutdownHooks();
    await app.listen(Number(port), '0.0.0.0');
    app.flushLogs();
    await show(app, platform);
  } catch (error) {
    await app?.close();
    await fake?.stop();
    throw error;
  }
}

async function show(app: INestApplication, platform: string): Promise<void> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  const { hosts, addresses } = app.get(AllowedHosts);
  const listed = hostUnder(hosts);
  const privateIp = addresses[0]?.address ?? '10.0.3.17';
  const rows = await play({ port, listed, privateIp });
  console.log(
    `
hosts: ${hosts.join(', ')}
addresses: ${addresses.map(({ address, source }) => `${address} (${source})`).join(', ') || 'none'}

${table(rows)}

On ${platform}, listening on http://localhost:${port}. Ctrl+C stops it. Try:
  curl -i -H 'Host: ${listed}' http://localhost:${port}/
  curl -i -H 'Host: evil.example' http://localhost:${port}/
  curl -i -H 'Host: 10.0.9.41:443' http://localhost:${port}/health
  curl -i -H 'Host: evil.example' http://localhost:${port}/health
  npx nestjs-allowed-hosts check http://localhost:${port} --host ${listed}`,
  );
}

function isPlatform(name: string): name is keyof typeof adapters {
  return Object.hasOwn(adapters, name);
}

function sentence(error: unknown, port: string): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof HostPatternError)
    return `ALLOWED_HOSTS is invalid: ${error.message}`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop the process that listens there, or choose another port: "PORT=3001 npm start".`;
  if (code === 'EACCES')
    return `Port ${port} needs more rights: choose a port above 1023: "PORT=3001 npm start".`;
  return error.message;
}

const [platform = 'express'] = process.argv.slice(2);
const port = process.env['PORT'] || '3000';
try {
  await start(platform, port);
} catch (error) {
  console.error(sentence(error, port));
  process.exitCode = 1;
}
