import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { AnyRequest } from './framework-request.js';
import type { DisallowedHostException } from './disallowed-host.exception.js';
import { setRefusalHeaders } from './refusal-headers.js';

/** What to answer instead of serving a request, if anything; a promise where that takes time. */
export type Refuse = (
  request: AnyRequest,
) => Promise<DisallowedHostException | undefined> | undefined;

type Next = (error?: unknown) => void;

/**
 * Puts a check at the very front of the framework's queue. An error goes on to Nest's exception layer, with the
 * framework's own request and response, as a filter expects them.
 */
export function standFirst(adapter: HttpServer, refuse: Refuse): void {
  const instance: unknown = adapter.getInstance();
  if (isFastify(instance)) return standFirstInFastify(instance, refuse);
  adapter.use((request: AnyRequest, response: ServerResponse, next: Next) =>
    settle(refuse(request), response, next),
  );
  // Middleware that an Express application brought along, and Nest's own hook, come after.
  const stack = (instance as { router?: { stack?: unknown } }).router?.stack;
  if (Array.isArray(stack)) stack.unshift(stack.pop());
}

interface Fastify {
  addHook(name: 'onRequest', hook: FastifyHook): unknown;
  addHook(name: 'onListen', hook: (done: () => void) => void): unknown;
  after(callback: () => void): unknown;
}
type FastifyHook = (
  request: AnyRequest,
  reply: { readonly raw: ServerResponse },
  done: Next,
) => void;

function standFirstInFastify(instance: Fastify, refuse: Refuse): void {
  const hook: FastifyHook = (request, reply, done) =>
    settle(refuse(request)?.then(withStatusCode), reply.raw, done);
  instance.addHook('onRequest', hook);
  // Nest's adapter adds hooks when it is made, that of enableCors among them, which answers preflights; plugins that
  // an instance brought along have theirs. Fastify has no way to add a hook before those, so ours is moved within
  // their lists. Without a list it is merely not first.
  instance.after(() => {
    for (const context of withChildren(instance)) {
      const hooks = keptAs<{ onRequest?: unknown[] }>(
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
  const children = keptAs<object[]>(instance, 'fastify.children') ?? [];
  return [instance, ...children.flatMap(withChildren)];
}

/** What Fastify keeps under a symbol, on an instance or on one that it derives from. */
export function keptAs<T>(instance: object, name: string): T | undefined {
  for (
    let of: object | null = instance;
    of !== null;
    of = Object.getPrototypeOf(of) as object | null
  ) {
    const symbol = Object.getOwnPropertySymbols(of).find(
      ({ description }) => description === name,
    );
    if (symbol) return (of as Record<symbol, T>)[symbol];
  }
  return undefined;
}

export function isFastify(instance: unknown): instance is Fastify {
  return (
    typeof instance === 'object' &&
    instance !== null &&
    'addHook' in instance &&
    'after' in instance
  );
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
