import type { EventEmitter } from 'node:events';
import type { HttpAdapterHost } from '@nestjs/core';
import { isServer } from './any-request.js';
import { readSymbol } from './fastify.js';

/** The application's HTTP servers. On `localhost` Fastify has two, one for IPv4 and one for IPv6, once it listens. */
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
