import type { HttpServer } from '@nestjs/common';
import { rawRequest } from './any-request.js';
import { expressRouter, type ExpressLayer } from './express.js';
import {
  literalStart,
  type RouteTracker,
  type TrackedRoute,
} from './route-tracker.js';

/**
 * Express has no API for the route of a request, so this walks its stack as its router does, layer by layer. It stops
 * at a route that Nest has not registered, and at middleware that is mounted on a path which the route reaches only
 * with a parameter: either may respond first.
 */
export function trackExpressRoutes<T>(
  adapter: HttpServer,
  instance: object,
): RouteTracker<T> {
  const routes = new WeakMap<ExpressLayer, TrackedRoute<T>>();
  const moduleMiddleware = watchModuleMiddleware(adapter);
  return {
    register(route, run) {
      const result = run();
      const layer = expressRouter(instance)?.stack.at(-1);
      if (layer?.route) routes.set(layer, route);
      return result;
    },
    valuesFor(request, path) {
      const method = rawRequest(request).method ?? 'GET';
      const mounted: ExpressLayer[] = [];
      const found: T[] = [];
      for (const layer of expressRouter(instance)?.stack ?? []) {
        if (layer.slash || moduleMiddleware(layer) || !matches(layer, path))
          continue;
        if (layer.route === undefined) {
          mounted.push(layer);
        } else if (hasMethod(layer.route, method)) {
          const route = routes.get(layer);
          if (route === undefined) break;
          if (mounted.some((mount) => !belongsTo(mount, route.path))) break;
          found.push(...route.values);
        }
      }
      return found;
    },
    shadowed() {
      const others: ExpressLayer[] = [];
      const found: TrackedRoute<T>[] = [];
      for (const layer of expressRouter(instance)?.stack ?? []) {
        if (layer.route === undefined || moduleMiddleware(layer)) continue;
        const route = routes.get(layer);
        if (route === undefined) others.push(layer);
        else if (route.values.length > 0 && isTaken(route, others))
          found.push(route);
      }
      return found;
    },
  };
}

/** Whether one of these layers has a route for the method and for an example of the path. */
function isTaken(
  { method, path }: TrackedRoute<unknown>,
  layers: readonly ExpressLayer[],
): boolean {
  const example = path.replaceAll(/\{.*?\}/g, '').replaceAll(/[:*]\w+/g, 'x');
  return layers.some(
    (layer) =>
      layer.route && hasMethod(layer.route, method) && matches(layer, example),
  );
}

/** Recognizes the layers of `MiddlewareConsumer`: they belong to the routes to which they are applied. */
function watchModuleMiddleware(
  adapter: HttpServer,
): (layer: ExpressLayer) => boolean {
  const callbacks = new WeakSet<object>();
  const create = adapter.createMiddlewareFactory.bind(adapter);
  adapter.createMiddlewareFactory = async (method) => {
    const apply = await create(method);
    return (path, callback) => {
      callbacks.add(callback);
      return apply(path, callback);
    };
  };
  return ({ handle, route }) =>
    callbacks.has(handle) ||
    (route?.stack.some((layer) => callbacks.has(layer.handle)) ?? false);
}

/** Whether middleware is mounted on the route's own path, not on one that a parameter of the route happens to match. */
function belongsTo(mount: ExpressLayer, routePath: string): boolean {
  return matches(mount, literalStart(routePath)) || matches(mount, routePath);
}

function matches(layer: ExpressLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}

function hasMethod(
  { methods }: NonNullable<ExpressLayer['route']>,
  method: string,
): boolean {
  const name = method.toLowerCase();
  return Boolean(
    methods['_all'] ?? methods[name] ?? (name === 'head' && methods['get']),
  );
}
