import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ModulesContainer } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AllowedHostsGuard } from 'nestjs-allowed-hosts';
import { AppController, start } from './request-variants.mjs';
import { freshStrings } from './rounds.mjs';

/** The variant without a check. */
export const BASELINE = 'no module';

/** Requests as Node creates them, with new strings. */
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

/**
 * An application, and the checks on the path of a request to a handler. Both `serve` methods return how many requests
 * passed all checks.
 */
export async function requestPath(platform, variant) {
  const app = await start(platform, variant);
  const server = app.getHttpServer();
  const isChecked = variant !== BASELINE;
  const gate = isChecked ? gateOf(app) : undefined;
  const guard = isChecked
    ? app.get(AllowedHostsGuard, { strict: false })
    : undefined;
  const frameworkRequest = FRAMEWORK_REQUESTS[platform](app);
  const handler = Reflect.get(AppController.prototype, 'hello');
  let served = 0;
  server.removeAllListeners('request');
  server.on('request', (raw) => {
    if (raw.headers.host === undefined) return;
    const request = frameworkRequest(raw);
    if (!isChecked) return void served++;
    if (gate.judge(request, noRouteRules) !== undefined) return;
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
    /** Runs the gate only, which may be asynchronous. */
    async serveOneByOne(requests) {
      served = 0;
      for (const request of requests)
        if (await isServed(gate, request)) served++;
      return served;
    },
  };
}

/** The request object of each framework. Express changes its prototype, after which every property access is slower. */
const FRAMEWORK_REQUESTS = {
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

/** The gate, which the package does not export. */
function gateOf(app) {
  return [...app.get(ModulesContainer).values()]
    .flatMap(({ providers }) => [...providers.values()])
    .find(({ name }) => name === 'AllowedHostsGate').instance;
}

/** `judge()` returns `undefined` for an allowed request, else a promise of a refusal or of the way to go on. */
async function isServed(gate, request) {
  return typeof (await gate.judge(request, noRouteRules)) !== 'object';
}

const noRouteRules = () => undefined;
