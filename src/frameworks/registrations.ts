import type { HttpServer } from '@nestjs/common';
import { isFastify } from './fastify.js';

export type Handler = (...args: unknown[]) => unknown;

/**
 * Calls a function for each route that Nest or the application registers with the adapter.
 *
 * @param intercept registers a handler with `register`; what it throws stops the start of the application
 */
export function onEachRegistration(
  adapter: HttpServer,
  intercept: (
    method: string,
    path: string,
    handler: Handler,
    register: (handler: Handler) => unknown,
  ) => unknown,
): void {
  const methods = adapter as unknown as Record<string, unknown>;
  for (const name of ROUTE_METHODS) {
    const original = methods[name];
    if (typeof original !== 'function') continue;
    methods[name] = (...args: unknown[]): unknown => {
      const [path, handler, ...more] = args;
      return typeof path === 'string' &&
        typeof handler === 'function' &&
        more.length === 0
        ? intercept(name.toUpperCase(), path, handler as Handler, (own) =>
            original.call(adapter, path, own),
          )
        : original.apply(adapter, args);
    };
  }
}

/** Whether it is a route's method, or a handler to which Nest has copied the method's metadata; middleware has none. */
export function isNestHandler(handler: object): boolean {
  return Reflect.hasMetadata('path', handler);
}

/** A path as the framework's router compares it. */
export function routerPath(adapter: HttpServer, path: string): string {
  if (isFastify(adapter.getInstance())) return path;
  return path.toLowerCase().replace(/(?!^)\/+$/, '');
}

/** Gives a handler what Nest and its adapters read from another one: metadata, and properties such as the version. */
export function likeHandler(original: Handler, handler: Handler): Handler {
  for (const key of Reflect.getMetadataKeys(original) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), handler);
  return Object.assign(handler, original);
}

/** The adapter's methods that Nest calls to register handlers. */
const ROUTE_METHODS = [
  'all',
  'copy',
  'delete',
  'get',
  'head',
  'lock',
  'mkcol',
  'move',
  'options',
  'patch',
  'post',
  'propfind',
  'proppatch',
  'put',
  'query',
  'search',
  'unlock',
] as const;
