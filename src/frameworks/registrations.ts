import type { HttpServer } from '@nestjs/common';
import { isFastify } from './fastify.js';
import { ROUTE_METHODS } from './route-tracker.js';

export type Handler = (...args: unknown[]) => unknown;

/**
 * Calls a function for each route that Nest or the application registers with the adapter.
 *
 * @param replace returns the handler to register; what it throws stops the start of the application
 */
export function onEachRegistration(
  adapter: HttpServer,
  replace: (method: string, path: string, handler: Handler) => Handler,
): void {
  const methods = adapter as unknown as Record<string, unknown>;
  for (const name of ROUTE_METHODS) {
    const register = methods[name];
    if (typeof register !== 'function') continue;
    methods[name] = (...args: unknown[]): unknown => {
      const [path, handler, ...more] = args;
      if (
        typeof path !== 'string' ||
        typeof handler !== 'function' ||
        more.length > 0
      )
        return register.apply(adapter, args) as unknown;
      const replaced = replace(name.toUpperCase(), path, handler as Handler);
      return register.call(adapter, path, replaced) as unknown;
    };
  }
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
