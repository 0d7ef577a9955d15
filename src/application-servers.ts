import type { EventEmitter } from 'node:events';
import type { HttpServer } from '@nestjs/common';
import { isServer } from './framework-request.js';
import { keptAs } from './stand-first.js';

/** The servers of an application: on `localhost`, Fastify has a second one for the other family once it listens. */
export function serversOf(adapter: HttpServer | undefined): EventEmitter[] {
  if (adapter === undefined) return [];
  const instance: unknown = adapter.getInstance();
  const more =
    typeof instance === 'object' && instance !== null
      ? keptAs<unknown[]>(instance, 'fastify.serverBindings')
      : undefined;
  return [adapter.getHttpServer() as unknown, ...(more ?? [])].filter(isServer);
}
