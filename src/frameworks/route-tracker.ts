import type { HttpServer } from '@nestjs/common';
import type { AnyRequest } from './any-request.js';

/** A route that Nest registers with the adapter. */
export interface TrackedRoute<T> {
  /** `GET`, …, or `ALL`. */
  readonly method: string;
  /** The whole path, in the syntax of the framework's router. */
  readonly path: string;
  readonly values: readonly T[];
}

/** Says what stands on the route that the framework's own router picks for a request. */
export interface RouteTracker<T> {
  /** Runs a registration and keeps the values with the route that comes of it. */
  register(route: TrackedRoute<T>, run: () => unknown): unknown;
  /**
   * The values on the route of Nest's that the request gets; none where other code may answer first.
   *
   * @param path the path of the request, as {@link plainPath} gives it
   */
  valuesFor(request: AnyRequest, path: string): readonly T[];
}

/**
 * Reports each route that Nest registers.
 *
 * @param valuesOf the values of a handler; `undefined` for one that is not of a Nest controller
 */
export function watchRoutes<T>(
  adapter: HttpServer,
  tracker: RouteTracker<T>,
  valuesOf: (handler: object, path: string) => readonly T[] | undefined,
  found: (route: TrackedRoute<T>) => void,
): void {
  const methods = adapter as unknown as Record<string, unknown>;
  for (const name of ROUTE_METHODS) {
    const register = methods[name];
    if (typeof register !== 'function') continue;
    methods[name] = (...args: unknown[]): unknown => {
      const run = () => register.apply(adapter, args) as unknown;
      const [path, handler] = args;
      if (typeof path !== 'string' || typeof handler !== 'function')
        return run();
      const values = valuesOf(handler, path);
      if (values === undefined) return run();
      const route = { method: name.toUpperCase(), path, values };
      found(route);
      return tracker.register(route, run);
    };
  }
}

/** The segments of a pattern before the first one that is not literal. */
export function literalStart(pattern: string): string {
  const segments = pattern.split('/');
  const end = segments.findIndex((segment) => /[:*{}()?+[\]\\]/.test(segment));
  return segments.slice(0, end < 0 ? undefined : end).join('/') || '/';
}

/** The methods of an adapter by which Nest registers handlers. */
export const ROUTE_METHODS = [
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
