import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ModulesContainer } from '@nestjs/core';
import { AllowedHostsGuard } from 'nestjs-allowed-hosts';
import { AppController, start } from './request-variants.mjs';
import { freshStrings } from './rounds.mjs';

/** The application that checks nothing. */
export const PLAIN = 'no module';

/** Requests as Node makes them, each of fresh strings. */
export function makeRequests(count, headersOf) {
  return Array.from({ length: count }, () => {
    const request = new IncomingMessage(new Socket());
    request.method = 'GET';
    request.url = '/orders';
    const raw = headersOf().flat();
    const fresh = freshStrings(raw.length, (i) => raw[i]);
    request._addHeaderLines(fresh, fresh.length);
    return request;
  });
}

/** An application, and what its requests pass on their way to a handler: both give how many came through. */
export async function way(platform, variant) {
  const app = await start(platform, variant);
  const server = app.getHttpServer();
  const isChecked = variant !== PLAIN;
  const gate = isChecked ? gateOf(app) : undefined;
  const guard = isChecked
    ? app.get(AllowedHostsGuard, { strict: false })
    : undefined;
  const handler = Reflect.get(AppController.prototype, 'hello');
  let current;
  const context = {
    getType: () => 'http',
    getHandler: () => handler,
    getClass: () => AppController,
    switchToHttp: () => ({ getRequest: () => current }),
  };
  let served = 0;
  server.removeAllListeners('request');
  server.on('request', (request) => {
    if (request.headers.host === undefined) return;
    if (!isChecked) return void served++;
    current = platform === 'fastify' ? { raw: request } : request;
    if (gate.refusal(current) === undefined && guard.canActivate(context))
      served++;
  });
  return {
    app,
    serve(requests) {
      served = 0;
      for (const request of requests)
        server.emit('request', request, undefined);
      return served;
    },
    /** The gate alone, whose word may take time. */
    async serveOneByOne(requests) {
      served = 0;
      for (const request of requests)
        if ((await gate.refusal(request)) === undefined) served++;
      return served;
    },
  };
}

/** The package does not export it. */
function gateOf(app) {
  return [...app.get(ModulesContainer).values()]
    .flatMap(({ providers }) => [...providers.values()])
    .find(({ name }) => name === 'AllowedHostsGate').instance;
}
