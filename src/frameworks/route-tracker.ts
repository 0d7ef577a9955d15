import type { HttpServer } from '@nestjs/common';
import type { AnyRequest } from './any-request.js';
import { onEachRegistration } from './registrations.js';

/** A route that Nest registers with the adapter. */
export interface TrackedRoute<T> {
  /** `GET`, …, or `ALL`. */
  readonly method: string;
  /** The whole path, in the syntax of the framework's router. */
  readonly path: string;
  readonly values: readonly T[];
}

/** Finds the route that the framework's own router picks for a request. */
export interface RouteTracker<T> {
  /** Runs a registration, and stores the values with the route that it creates. */
  register(route: TrackedRoute<T>, run: () => unknown): unknown;
  /**
   * The values of the Nest route that serves the request; none if other code may respond first.
   *
   * @param path the path of the request, from {@link plainPath}
   */
  valuesFor(request: AnyRequest, path: string): readonly T[];
  /** Routes with values that get no request, because a route that Nest has not registered comes before them. */
  shadowed(): readonly TrackedRoute<T>[];
}

/**
 * Reports each route that Nest registers.
 *
 * @param valuesOf the values of a handler; `undefined` if it does not belong to a Nest controller
 */
export function watchRoutes<T>(
  adapter: HttpServer,
  tracker: RouteTracker<T>,
  valuesOf: (handler: object, path: string) => readonly T[] | undefined,
  found: (route: TrackedRoute<T>) => void,
): void {
  onEachRegistration(adapter, (method, path, handler, register) => {
    const values = valuesOf(handler, path);
    if (values === undefined) return register(handler);
    const route = { method, path, values };
    found(route);
    return tracker.register(route, () => register(handler));
  });
}

/** The literal segments at the start of a route path. */
export function literalStart(pattern: string): string {
  const segments = pattern.split('/');
  const end = segments.findIndex((segment) => /[:*{}()?+[\]\\]/.test(segment));
  return segments.slice(0, end < 0 ? undefined : end).join('/') || '/';
}
