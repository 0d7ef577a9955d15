import 'reflect-metadata';
import { configure } from '@codegenie/serverless-express';
import awsLambdaFastify from '@fastify/aws-lambda';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { AllowedHostsOptions } from '../../src/index.js';
import { helloApp } from '../support/hello.js';
import { LogLines } from '../support/log-lines.js';

/**
 * A function in a process of its own: `node function.js <platform> <options of the module> <options of the adapter>`.
 * It answers each event with its response and with the warnings of the application so far.
 */
type Handler = (event: object) => Promise<object>;

const [platform = '', options = '{}', adapterOptions = '{}'] =
  process.argv.slice(2);
const log = new LogLines();
const app = await NestFactory.create(
  helloApp(JSON.parse(options) as Partial<AllowedHostsOptions>),
  platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
  { logger: log },
);
// No listen(): the adapter calls the framework.
await app.init();
const instance: unknown = app.getHttpAdapter().getInstance();
const handle =
  platform === 'fastify'
    ? await onFastify(instance as FastifyInstance)
    : onExpress(instance as Parameters<typeof configure>[0]['app']);

process.on('message', (event: object) => {
  void handle(event).then((response) =>
    process.send?.({ response, warnings: log.of('warn') }),
  );
});
process.send?.('ready');

function onExpress(express: Parameters<typeof configure>[0]['app']): Handler {
  const handler = configure({ app: express });
  return async (event) =>
    (await handler(event, {} as never, () => undefined)) as object;
}

async function onFastify(fastify: FastifyInstance): Promise<Handler> {
  const handler = awsLambdaFastify(
    fastify,
    JSON.parse(adapterOptions) as object,
  );
  await fastify.ready();
  return (event) => handler(event, {} as never);
}
