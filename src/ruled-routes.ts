import {
  Inject,
  Injectable,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ROUTE_RULE } from './allowed-hosts.decorators.js';
import type { RouteRule } from './allowed-hosts.policy.js';

/**
 * The routes with a rule of their own, as far as the gate can know them before the framework has routed: by the end
 * of their path. A global prefix, a version or a RouterModule only puts segments in front, so a ruled route is never
 * missed; the price is that the gate lets the rule's hosts through to any path with that end. The guard is exact.
 */
@Injectable()
export class RuledRoutes implements OnModuleInit {
  #routes: readonly { readonly path: RegExp; readonly rule: RouteRule }[] = [];

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    this.#routes = [
      ...this.discovery
        .getControllers()
        .flatMap(({ metatype }) => this.#rulesOf(metatype, pathsOf)),
      // Resolvers and gateways share one path with others: their rules count on every path.
      ...this.discovery
        .getProviders()
        .flatMap(({ metatype }) => this.#rulesOf(metatype, () => [EVERY_PATH])),
    ];
  }

  /** The rules that may stand on the route of a request target. */
  rulesFor(url: string | undefined): readonly RouteRule[] {
    if (this.#routes.length === 0) return [];
    const paths = readingsOf(url ?? '/');
    return this.#routes
      .filter((route) => paths.some((path) => route.path.test(path)))
      .map(({ rule }) => rule);
  }

  #rulesOf(
    metatype: unknown,
    paths: (controller: Type, handler: object) => readonly RegExp[],
  ) {
    if (!isClass(metatype)) return [];
    const prototype = metatype.prototype as Record<string, unknown>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      if (typeof handler !== 'function') return [];
      const rule = ruleOn(handler) ?? ruleOn(metatype);
      return rule
        ? paths(metatype, handler).map((path) => ({ path, rule }))
        : [];
    });
  }
}

function ruleOn(target: object): RouteRule | undefined {
  return Reflect.getMetadata(ROUTE_RULE, target) as RouteRule | undefined;
}

/** `path` is where Nest's own decorators keep it, on controllers and handlers. */
function pathsOf(controller: Type, handler: object): readonly RegExp[] {
  const on = (target: object) =>
    [
      Reflect.getMetadata('path', target) as string | string[] | undefined,
    ].flat();
  return on(handler).flatMap((end) =>
    end === undefined
      ? []
      : on(controller).map((start) => pathEnding(`${start ?? ''}/${end}`)),
  );
}

/** Paths that end as a route does; from the first segment with more than a parameter in it, any end will do. */
function pathEnding(route: string): RegExp {
  let end = '';
  for (const segment of route.split('/').filter(Boolean)) {
    if (/^:\w+$/.test(segment)) end += '/[^/]+';
    else if (/^[\w.~-]+$/.test(segment))
      end += `/${segment.replaceAll('.', '\\.')}`;
    else return new RegExp(`^.*${end}(?:/.*)?$`, 'i');
  }
  return new RegExp(`^.*${end}/*$`, 'i');
}

/**
 * The path of a target as routers read it: a router may decode it before or after it takes it apart, and may or may
 * not end it at a `;`. Repeated slashes count as one.
 */
function readingsOf(url: string): readonly string[] {
  const path = url
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '');
  const [start = ''] = path.split(';');
  return [path, safeDecode(path), start, safeDecode(start)].map((reading) =>
    `/${reading}`.replace(/\/{2,}/g, '/'),
  );
}

function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function isClass(value: unknown): value is Type {
  return (
    typeof value === 'function' &&
    typeof value.prototype === 'object' &&
    value.prototype !== null
  );
}

const EVERY_PATH = /^/;
