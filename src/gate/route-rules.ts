import type { HttpServer, Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import { trackExpressRoutes } from '../frameworks/express-routes.js';
import { trackFastifyRoutes } from '../frameworks/fastify-routes.js';
import { isFastify } from '../frameworks/fastify.js';
import { plainPath } from '../frameworks/plain-path.js';
import { isNestHandler } from '../frameworks/registrations.js';
import { watchRoutes, type RouteTracker } from '../frameworks/route-tracker.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { PathIndex } from './path-index.js';
import { ruledMethods } from './ruled-methods.js';

/** A controller's handler, and the rule on it or on the controller. */
interface Owner {
  readonly controller: Type;
  readonly method: string;
  readonly rule: RouteRule | undefined;
}

/**
 * The rules on the routes of controllers. Nest registers each route with its full path: prefix, version and module path
 * included. The framework's own router decides which route serves a request. Nothing is computed a second time.
 */
export class RouteRules {
  /**
   * A metadata key. Nest copies the metadata of a method to the handler that it registers, so a handler leads to its
   * controllers. Several controllers may share an inherited method.
   */
  readonly #key = Symbol('nestjs-allowed-hosts:owners');
  readonly #index = new PathIndex<RouteRule>();
  readonly #unplaced = new Map<Owner, string>();
  #tracker: RouteTracker<RouteRule> | undefined;

  readonly #discovery: DiscoveryService;
  readonly #warn: (message: string) => void;

  constructor(discovery: DiscoveryService, warn: (message: string) => void) {
    this.#discovery = discovery;
    this.#warn = warn;
  }

  /** Watches the registration of routes. Call it before Nest registers the first one. */
  watch(adapter: HttpServer): void {
    if (!this.#markOwners()) return;
    const instance: unknown = adapter.getInstance();
    this.#tracker = isFastify(instance)
      ? trackFastifyRoutes(adapter, instance)
      : trackExpressRoutes(adapter, instance as object);
    watchRoutes(
      adapter,
      this.#tracker,
      (handler, path) => this.#rulesOn(handler, path),
      ({ method, path, values }) => this.#index.add(method, path, values),
    );
  }

  /** Names the rules that could not be placed. Call it when Nest has registered all routes. */
  warnOfUnplaced(): void {
    for (const [{ controller, method }, why] of this.#unplaced)
      this.#warn(
        `The rule on ${controller.name}.${method} has no effect before the guard: ${why}. Only hosts in the list reach it.`,
      );
    for (const { method, path } of this.#tracker?.shadowed() ?? [])
      this.#warn(
        `The rule on ${method} ${path} has no effect before the guard: a route that Nest has not registered comes first there. Only hosts in the list reach it. Register that one after app.init().`,
      );
  }

  /** The rules that may apply to a request which the framework has not routed yet. */
  mayMatch({ method = '', url }: HostRequest): Iterable<RouteRule> {
    const path = this.#tracker && plainPath(url);
    return path === undefined ? NONE : this.#index.find(method, path);
  }

  /** The rules on the route that the framework picks for a request. */
  on(request: AnyRequest): readonly RouteRule[] {
    const raw = rawRequest(request);
    const path = plainPath(raw.url) ?? '';
    // The index comes first: the tracker of Express visits every route.
    const [candidate] = this.mayMatch(raw);
    // Stryker disable next-line OptionalChaining: with a candidate there is a tracker
    return (candidate && this.#tracker?.valuesFor(request, path)) ?? NONE;
  }

  /** @returns whether any route has a rule */
  #markOwners(): boolean {
    const owners = new Map<object, Owner[]>();
    for (const { metatype } of this.#discovery.getControllers()) {
      const controller = metatype as Type;
      for (const { name, handler, rule } of ruledMethods(controller)) {
        if (!isNestHandler(handler)) continue;
        const owner = { controller, method: name, rule };
        owners.set(handler, [...(owners.get(handler) ?? []), owner]);
        // Stryker disable next-line StringLiteral: Nest registers each route, and there is no way yet to prevent it
        if (rule) this.#unplaced.set(owner, 'Nest registers no route for it');
      }
    }
    for (const [handler, of] of owners)
      Reflect.defineMetadata(this.#key, of, handler);
    // Stryker disable next-line ConditionalExpression,EqualityOperator: without a rule it only saves time at start
    return this.#unplaced.size > 0;
  }

  /** The rules on a handler; `undefined` if it is not a controller's method. */
  #rulesOn(handler: object, path: string): readonly RouteRule[] | undefined {
    const owners = Reflect.getMetadata(this.#key, handler) as
      Owner[] | undefined;
    if (owners === undefined) return undefined;
    const fitting = longestFit(owners, path);
    // No rule is one too: the list decides there.
    const [rule, ...others] = new Set(fitting.map(({ rule: on }) => on));
    for (const owner of fitting) {
      if (others.length === 0) this.#unplaced.delete(owner);
      else if (owner.rule)
        this.#unplaced.set(owner, `${path} may be another controller's route`);
    }
    return rule === undefined || others.length > 0 ? NONE : [rule];
  }
}

// Stryker disable next-line ArrayDeclaration: what is not a rule allows nothing
const NONE: readonly RouteRule[] = [];

/** Of the controllers that share a method, those whose path is part of the route's path. */
function longestFit(owners: readonly Owner[], path: string): readonly Owner[] {
  const fits = owners.map((owner) => {
    const lengths = pathsOf(owner.controller)
      .filter((own) => `${path}/`.includes(own))
      .map(({ length }) => length);
    return { owner, length: Math.max(0, ...lengths) };
  });
  const longest = Math.max(...fits.map(({ length }) => length));
  return fits
    .filter(({ length }) => length === longest)
    .map(({ owner }) => owner);
}

/** Each with one slash at its start and at its end. */
function pathsOf(controller: Type): string[] {
  const paths = Reflect.getMetadata('path', controller) as string | string[];
  return [paths]
    .flat()
    .map((path) => ['', ...path.split('/').filter(Boolean), ''].join('/'));
}
