import type { EventEmitter } from 'node:events';
import type { HttpAdapterHost } from '@nestjs/core';
import { isServer } from './any-request.js';
import { isFastify, readSymbol } from './fastify.js';

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

/** Calls a function once for each server, also for those that Fastify makes when it listens. To be called on init. */
export function onEachHttpServer(
  adapterHost: HttpAdapterHost,
  use: (server: EventEmitter) => void,
): void {
  const used = new WeakSet<EventEmitter>();
  const useAll = () => {
    for (const server of httpServersOf(adapterHost)) {
      if (used.has(server)) continue;
      used.add(server);
      use(server);
    }
  };
  useAll();
  const instance: unknown = adapterHost.httpAdapter?.getInstance();
  if (isFastify(instance))
    instance.addHook('onListen', (done: () => void) => {
      useAll();
      done();
    });
}
