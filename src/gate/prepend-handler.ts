import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { AnyRequest } from '../frameworks/any-request.js';
import type { DisallowedHostException } from '../disallowed-host.exception.js';
import { expressStack } from '../frameworks/express.js';
import {
  type Fastify,
  type FastifyHook,
  isFastify,
  readSymbol,
} from '../frameworks/fastify.js';
import { setRefusalHeaders } from '../refusals/refusal-headers.js';

/** What to answer instead of serving a request, if anything; a promise where that takes time. */
export type Refuse = (
  request: AnyRequest,
  response: ServerResponse,
) => Promise<DisallowedHostException | undefined> | undefined;

type Next = (error?: unknown) => void;
type ErrorHandler = Parameters<NonNullable<HttpServer['setErrorHandler']>>[0];

/**
 * Puts a check at the very front of the framework's queue. A refusal goes on to Nest's exception layer, with the
 * framework's own request and response, as a filter expects them.
 *
 * @throws {Error} for an application of Express 4
 */
export function prependHandler(adapter: HttpServer, refuse: Refuse): void {
  const instance: unknown = adapter.getInstance();
  if (isFastify(instance)) prependInFastify(instance, refuse);
  else prependInExpress(adapter, instance as object, refuse);
}

function prependInExpress(
  adapter: HttpServer,
  instance: object,
  refuse: Refuse,
): void {
  // The routes between the front and Nest's exception layer are no part of a refusal, and each would take time.
  let exceptionLayer: ErrorHandler | undefined;
  const setErrorHandler = adapter.setErrorHandler?.bind(adapter);
  if (setErrorHandler)
    adapter.setErrorHandler = (handler: ErrorHandler, prefix?: string) => {
      exceptionLayer = handler;
      return setErrorHandler(handler, prefix);
    };
  expressStack(instance); // tells whether this is Express 5
  adapter.use((request: AnyRequest, response: ServerResponse, next: Next) =>
    settle(refuse(request, response), response, (error) => {
      if (error === undefined || exceptionLayer === undefined)
        return next(error);
      void Promise.resolve(
        exceptionLayer(error, request, response, next),
      ).catch(next);
    }),
  );
  // Middleware that an Express application brought along, and Nest's own hook, come after.
  const stack = expressStack(instance);
  const layer = stack?.pop();
  if (layer) stack?.unshift(layer);
}

function prependInFastify(instance: Fastify, refuse: Refuse): void {
  const hook: FastifyHook = (request, reply, done) =>
    settle(refuse(request, reply.raw)?.then(withStatusCode), reply.raw, done);
  instance.addHook('onRequest', hook);
  // Nest's adapter adds hooks when it is made, that of enableCors among them, which answers preflights; plugins that
  // an instance brought along have theirs. Fastify has no way to add a hook before those, so ours is moved within
  // their lists. Without a list it is merely not first.
  instance.after(() => {
    for (const context of withChildren(instance)) {
      const hooks = readSymbol<{ onRequest?: unknown[] }>(
        context,
        'fastify.hooks',
      )?.onRequest;
      const at = hooks?.indexOf(hook) ?? -1;
      if (hooks && at > 0) hooks.unshift(...hooks.splice(at, 1));
    }
  });
}

/** An error handler of a route, as Mercurius has, knows `statusCode` and no HttpException. */
function withStatusCode(error: DisallowedHostException | undefined) {
  return error && Object.assign(error, { statusCode: error.getStatus() });
}

/** An instance and its plugins' instances, which have hooks of their own. */
function withChildren(instance: object): object[] {
  const children = readSymbol<object[]>(instance, 'fastify.children') ?? [];
  return [instance, ...children.flatMap(withChildren)];
}

function settle(
  refusal: ReturnType<Refuse>,
  response: ServerResponse,
  next: Next,
): void {
  if (refusal === undefined) return next();
  void refusal.then((error) => {
    if (error) setRefusalHeaders(response, error);
    next(error);
  }, next);
}
