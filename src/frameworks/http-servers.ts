import type { EventEmitter } from 'node:events';
import type { HttpAdapterHost } from '@nestjs/core';
import { isServer } from './any-request.js';
import { readSymbol } from './fastify.js';

/** The servers of an application, if it has any: on `localhost`, Fastify has two once it listens, one a family. */
export function httpServersOf({
  httpAdapter,
}: HttpAdapterHost): EventEmitter[] {
  const instance: unknown = httpAdapter?.getInstance();
  const more =
    typeof instance === 'object' && instance !== null
      ? readSymbol<unknown[]>(instance, 'fastify.serverBindings')
      : undefined;
  return [httpAdapter?.getHttpServer() as unknown, ...(more ?? [])].filter(
    isServer,
  );
}
