import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ModulesContainer } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
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
  const framework = FRAMEWORKS[platform](app);
  const handler = Reflect.get(AppController.prototype, 'hello');
  let served = 0;
  server.removeAllListeners('request');
  server.on('request', (raw) => {
    if (raw.headers.host === undefined) return;
    const request = framework(raw);
    if (!isChecked) return void served++;
    if (gate.refusal(request) !== undefined) return;
    const context = new ExecutionContextHost([request], AppController, handler);
    if (guard.canActivate(context)) served++;
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

/** What each framework makes of Node's request. After Express every reading of a property is slower. */
const FRAMEWORKS = {
  express(app) {
    const { request: prototype } = app.getHttpAdapter().getInstance();
    return (request) => {
      Object.setPrototypeOf(request, prototype);
      request.next = undefined;
      return request;
    };
  },
  fastify: () => (raw) => ({ raw }),
};

/** The package does not export it. */
function gateOf(app) {
  return [...app.get(ModulesContainer).values()]
    .flatMap(({ providers }) => [...providers.values()])
    .find(({ name }) => name === 'AllowedHostsGate').instance;
}
