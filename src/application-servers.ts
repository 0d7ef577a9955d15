import type { EventEmitter } from 'node:events';
import type { HttpAdapterHost } from '@nestjs/core';
import { isServer } from './framework-request.js';
import { keptAs } from './stand-first.js';

/** The servers of an application, if it has any: on `localhost`, Fastify has two once it listens, one a family. */
export function serversOf({ httpAdapter }: HttpAdapterHost): EventEmitter[] {
  const instance: unknown = httpAdapter?.getInstance();
  const more =
    typeof instance === 'object' && instance !== null
      ? keptAs<unknown[]>(instance, 'fastify.serverBindings')
      : undefined;
  return [httpAdapter?.getHttpServer() as unknown, ...(more ?? [])].filter(
    isServer,
  );
}
