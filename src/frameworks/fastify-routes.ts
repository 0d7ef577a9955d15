import type { HttpServer } from '@nestjs/common';
import type { Fastify } from './fastify.js';
import { decoded } from './plain-path.js';
import { literalStart, type RouteTracker } from './route-tracker.js';

/**
 * Fastify exposes the route of a request with its config. Middleware of `app.use(path, …)` is not part of its router: if
 * it is mounted on a path which the route reaches only with a parameter, it may respond first, and no values are found.
 */
export function trackFastifyRoutes<T>(
  adapter: HttpServer,
  instance: Fastify,
): RouteTracker<T> {
  const key = Symbol('nestjs-allowed-hosts:route');
  const mounts = watchMounts(adapter);
  let registering: Stored<T> | undefined;
  instance.addHook('onRoute', (route) => {
    if (registering) route.config = { ...route.config, [key]: registering };
  });
  return {
    register({ path, values }, run) {
      registering = { values, start: literalStart(path) };
      try {
        return run();
      } finally {
        registering = undefined;
      }
    },
    valuesFor(request, path) {
      const { routeOptions } = request as {
        readonly routeOptions?: { readonly config?: object };
      };
      const stored = (
        routeOptions?.config as Record<symbol, Stored<T>> | undefined
      )?.[key];
      if (stored === undefined) return [];
      const isMounted = mounts.some(
        (mount) => isBelow(path, mount) && !isBelow(stored.start, mount),
      );
      return isMounted ? [] : stored.values;
    },
    // Fastify prefers the most literal route, whoever registers it first.
    shadowed: () => [],
  };
}

interface Stored<T> {
  readonly values: readonly T[];
  readonly start: string;
}

/** The paths at which the application mounts middleware with `app.use(path, …)`. */
function watchMounts(adapter: HttpServer): readonly string[] {
  const mounts: string[] = [];
  const use = (adapter.use as (...args: unknown[]) => unknown).bind(adapter);
  adapter.use = (...args: unknown[]) => {
    const paths = [args[0]].flat().filter((path) => typeof path === 'string');
    mounts.push(...paths.map(normalized).filter((path) => path !== ''));
    return use(...args);
  };
  return mounts;
}

function isBelow(path: string, mount: string): boolean {
  return `${normalized(path)}/`.startsWith(`${mount}/`);
}

function normalized(path: string): string {
  return (decoded(path) ?? path).toLowerCase().replace(/\/+$/, '');
}
