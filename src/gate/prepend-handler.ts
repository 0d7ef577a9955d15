import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import { DisallowedHostException } from '../disallowed-host.exception.js';
import type { AnyRequest } from '../frameworks/any-request.js';
import { expressRouter } from '../frameworks/express.js';
import {
  isFastify,
  readSymbol,
  type Fastify,
  type FastifyHook,
} from '../frameworks/fastify.js';
import { setRefusalHeaders } from '../refusals/refusal-headers.js';

/** The check that becomes the first handler. */
export interface FrontCheck {
  /** Whether a request is allowed at once. If not, {@link refusal} says whether it is refused. */
  admits(request: AnyRequest): boolean;
  refusal(
    request: AnyRequest,
    response: ServerResponse,
  ): Promise<DisallowedHostException | undefined>;
}

type Next = (error?: unknown) => void;
/** Each adapter of Nest has this method. */
type Adapter = HttpServer & Required<Pick<HttpServer, 'setErrorHandler'>>;
type ErrorHandler = Parameters<Adapter['setErrorHandler']>[0];

/**
 * Makes a check the first handler of the framework. A refusal goes to Nest's exception layer with the framework's own
 * request and response, so that filters work as usual.
 *
 * @throws {Error} for an application of Express 4
 */
export function prependHandler(adapter: HttpServer, front: FrontCheck): void {
  const instance: unknown = adapter.getInstance();
  if (isFastify(instance)) prependInFastify(instance, front);
  else prependInExpress(adapter as Adapter, instance as object, front);
}

function prependInExpress(
  adapter: Adapter,
  instance: object,
  front: FrontCheck,
): void {
  // A refusal goes straight to Nest's exception layer: walking all routes to reach it would take time.
  let exceptionLayer: ErrorHandler | undefined;
  const setErrorHandler = adapter.setErrorHandler.bind(adapter);
  adapter.setErrorHandler = (handler: ErrorHandler, prefix?: string) => {
    exceptionLayer = handler;
    return setErrorHandler(handler, prefix);
  };
  const check = (request: AnyRequest, response: ServerResponse, next: Next) =>
    settle(front.refusal(request, response), response, (error) => {
      if (!(error instanceof DisallowedHostException) || !exceptionLayer)
        return next(error);
      // A filter may hand on the request, as one that sends a page does if the page is missing.
      const refuse: Next = () => {
        if (!response.headersSent)
          adapter.reply(response, error.getResponse(), error.getStatus());
      };
      setRouterProperties(request, refuse);
      void Promise.resolve(
        exceptionLayer(error, request, response, refuse),
      ).catch(next);
    });
  const router = expressRouter(instance);
  // Stryker disable all: no test has an adapter of another framework
  if (router === undefined)
    return void adapter.use(
      (request: AnyRequest, response: ServerResponse, next: Next) =>
        front.admits(request) ? next() : check(request, response, next),
    );
  // Stryker restore all
  // The check is before the middleware that the instance already has. A layer of the router would cost more, see bench.
  const handle = router.handle.bind(router);
  router.handle = (request, response, done) =>
    front.admits(request as AnyRequest)
      ? handle(request, response, done)
      : check(request as AnyRequest, response as ServerResponse, (error) =>
          error === undefined ? handle(request, response, done) : done(error),
        );
}

/** Filters read these properties of a request. The router sets them, and a refused request does not reach it. */
function setRouterProperties(request: object, next: Next): void {
  const routed = request as {
    url?: string;
    originalUrl?: string | undefined;
    baseUrl?: string;
    params?: object;
    next?: Next;
  };
  routed.originalUrl ??= routed.url;
  routed.baseUrl ??= '';
  routed.params ??= {};
  routed.next = next;
}

function prependInFastify(instance: Fastify, front: FrontCheck): void {
  const hook: FastifyHook = (request, reply, done) => {
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (front.admits(request)) return done();
    const refusal = front.refusal(request, reply.raw).then(withStatusCode);
    settle(refusal, reply.raw, done);
  };
  instance.addHook('onRequest', hook);
  // Nest's adapter adds hooks in its constructor (that of enableCors responds to preflights), and plugins of the instance
  // have theirs. Fastify has no API to add a hook before those, so ours is moved to the front of their lists.
  instance.after(() => {
    for (const context of withChildren(instance)) {
      const { onRequest: hooks = [] } =
        readSymbol<{ onRequest?: unknown[] }>(context, 'fastify.hooks') ?? {};
      const at = hooks.indexOf(hook);
      // Stryker disable next-line ConditionalExpression,EqualityOperator: Fastify has added the hook to each of them
      if (at > 0) hooks.unshift(...hooks.splice(at, 1));
    }
  });
}

/** For error handlers that read `statusCode` instead of HttpException, as that of Mercurius does. */
function withStatusCode(error: DisallowedHostException | undefined) {
  return error && Object.assign(error, { statusCode: error.getStatus() });
}

/** An instance and those of its plugins, which have their own hooks. */
function withChildren(instance: object): object[] {
  const children = readSymbol<object[]>(instance, 'fastify.children') ?? [];
  return [instance, ...children.flatMap(withChildren)];
}

function settle(
  refusal: ReturnType<FrontCheck['refusal']>,
  response: ServerResponse,
  next: Next,
): void {
  void refusal.then((error) => {
    if (error) setRefusalHeaders(response, error);
    next(error);
  }, next);
}
