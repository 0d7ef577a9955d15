import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  MetadataScanner,
} from '@nestjs/core';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { GatewayServer } from '../frameworks/gateway-servers.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { plainPath } from '../frameworks/plain-path.js';
import {
  isClass,
  type RuledMethod,
  ruledMethods,
  ruleOn,
} from './ruled-methods.js';

/** A gateway or a resolver; its rules are those on its class and on its methods. */
interface RuledProvider {
  readonly metatype: Type;
  readonly rules: readonly RouteRule[];
}

/**
 * The rules on gateways and resolvers. Several of them share an endpoint, and the server sees only the endpoint: a rule
 * on a resolver applies to the path of the GraphQL endpoint, a rule on a gateway to its own upgrades and polling.
 */
@Injectable()
export class EndpointRules implements OnModuleInit {
  readonly #gateways: readonly RuledProvider[];
  readonly #resolvers: readonly RuledProvider[];
  readonly #gatewayServers: GatewayServer[] = [];
  #graphqlPaths: readonly string[] = [];
  readonly #logger = new Logger('AllowedHosts');

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(MetadataScanner) scanner: MetadataScanner,
  ) {
    const providers = discovery
      .getProviders()
      .flatMap(({ metatype }) => (isClass(metatype) ? [metatype] : []));
    const ruled = [...new Set(providers)].map((metatype) => {
      const methods = ruledMethods(scanner, metatype);
      const rules = new Set(
        [ruleOn(metatype), ...methods.map(({ rule }) => rule)].filter(
          (rule) => rule !== undefined,
        ),
      );
      return { metatype, methods, rules: [...rules] };
    });
    this.#gateways = ruled.filter(({ metatype }) => isGateway(metatype));
    this.#resolvers = ruled.filter(
      ({ methods, rules }) => rules.length > 0 && methods.some(isResolver),
    );
    for (const provider of ruled)
      if (
        provider.rules.length > 0 &&
        !this.#gateways.includes(provider) &&
        !this.#resolvers.includes(provider)
      )
        this.#logger.warn(
          `The rule on ${provider.metatype.name} has no effect: it is among the providers, and is neither a gateway nor a resolver. Controllers belong to "controllers".`,
        );
  }

  /** Call it for each server of a gateway, before its first client. */
  addGatewayServer(server: GatewayServer): void {
    const isKnown = this.#gatewayServers.some(
      ({ port, option }) => port === server.port && option === server.option,
    );
    if (isKnown) return;
    this.#gatewayServers.push(server);
    const { shared, rules } = this.#rulesAt(server);
    if (shared && rules.length === 0)
      this.#logger.warn(
        `Gateways with different rules share the path ${server.path ?? '/'} on port ${server.port}: only hosts in the list can connect there. Give them paths or ports of their own.`,
      );
  }

  onModuleInit(): void {
    if (this.#resolvers.length === 0) return;
    const options = this.discovery
      .getProviders()
      .filter(({ name }) => name === 'GqlModuleOptions')
      .map(({ instance }) => instance as GraphqlOptions | undefined);
    this.#graphqlPaths = options.map((of) => this.#graphqlPath(of ?? {}));
    if (options.length === 0)
      this.#logger.warn(
        `The rule on ${this.#resolvers[0]?.metatype.name} has no effect before the guard: no GraphQLModule was found. Only hosts in the list reach it.`,
      );
  }

  /** The rules for an upgrade or a polling request on a port; 0 is the application's own. */
  atGateway(port: number, request: HostRequest): readonly RouteRule[] {
    if (this.#gatewayServers.length === 0) return [];
    const path = plainPath(request.url);
    const server = this.#gatewayServers.find(
      (of) => of.port === port && path !== undefined && isPathOf(of, path),
    );
    return server ? this.#rulesAt(server).rules : [];
  }

  /** The rules for a request to the GraphQL endpoint. */
  atGraphql({ url }: HostRequest): readonly RouteRule[] {
    const path = this.#graphqlPaths.length > 0 ? plainPath(url) : undefined;
    return path !== undefined && this.#graphqlPaths.includes(path)
      ? this.#resolvers.flatMap(({ rules }) => rules)
      : [];
  }

  /** A connection reaches all gateways of an endpoint, so only a rule that all of them have applies. */
  #rulesAt({ port, option }: GatewayServer) {
    const here = this.#gateways.filter(({ metatype }) => {
      const own = gatewayOptions(metatype);
      return own.port === port && own.path === option;
    });
    const [first, ...others] = here;
    const rules = (first?.rules ?? []).filter((rule) =>
      others.every((other) => other.rules.includes(rule)),
    );
    return { rules, shared: here.some((gateway) => gateway.rules.length > 0) };
  }

  #graphqlPath({ path = '/graphql', useGlobalPrefix }: GraphqlOptions): string {
    const prefix = useGlobalPrefix ? this.config.getGlobalPrefix() : '';
    return `/${prefix}/${path}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  }
}

interface GraphqlOptions {
  readonly path?: string;
  readonly useGlobalPrefix?: boolean;
}

/** socket.io serves every path that starts with its own; its clients send that path with a slash. */
function isPathOf({ kind, path }: GatewayServer, requested: string): boolean {
  if (path === undefined) return true;
  return (
    requested === path || (kind === 'socket.io' && requested === `${path}/`)
  );
}

function gatewayOptions(metatype: Type) {
  const options = Reflect.getMetadata(
    'websockets:gateway_options',
    metatype,
  ) as { path?: string } | undefined;
  const port = Reflect.getMetadata('port', metatype) as number | undefined;
  return { port: port ?? 0, path: options?.path };
}

function isGateway(metatype: Type): boolean {
  return Reflect.hasMetadata('websockets:is_gateway', metatype);
}

function isResolver({ handler }: RuledMethod): boolean {
  return (
    Reflect.hasMetadata('graphql:resolver_type', handler) ||
    Reflect.hasMetadata('graphql:resolve_property', handler)
  );
}
