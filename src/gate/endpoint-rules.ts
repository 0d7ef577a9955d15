import {
  Inject,
  Injectable,
  Logger,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  MetadataScanner,
} from '@nestjs/core';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { GatewayServer } from '../frameworks/gateway-servers.js';
import { plainPath } from '../frameworks/plain-path.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import {
  isClass,
  ruledMethods,
  ruleOn,
  type RuledMethod,
} from './ruled-methods.js';

type NestModule = NonNullable<InstanceWrapper['host']>;
type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A gateway or a resolver; its rules are those on its class and on its methods. */
interface RuledProvider {
  readonly metatype: Type;
  readonly modules: readonly NestModule[];
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
  /** The rules on the resolvers of each GraphQL endpoint, by its path. */
  readonly #graphqlRules = new Map<string, readonly RouteRule[]>();
  readonly #logger = new Logger('AllowedHosts');

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(MetadataScanner) scanner: MetadataScanner,
  ) {
    const ruled = [...modulesByClass(discovery)].map(([metatype, modules]) => {
      const methods = ruledMethods(scanner, metatype);
      const rules = new Set(
        [ruleOn(metatype), ...methods.map(({ rule }) => rule)].filter(
          (rule) => rule !== undefined,
        ),
      );
      return { metatype, modules, methods, rules: [...rules] };
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
    const { shared, rules } = this.#commonRules(
      this.#gatewayServers.filter(
        ({ port, path }) => port === server.port && path === server.path,
      ),
    );
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
    for (const of of options) {
      const path = this.#graphqlPath(of ?? {});
      const rules = this.#rulesIn(of?.include ?? []);
      // It is not known which of two endpoints serves a path.
      this.#graphqlRules.set(path, this.#graphqlRules.has(path) ? [] : rules);
    }
    const placed = new Set([...this.#graphqlRules.values()].flat());
    for (const { metatype, rules } of this.#resolvers)
      if (!rules.some((rule) => placed.has(rule)))
        this.#logger.warn(
          `The rule on ${metatype.name} has no effect before the guard: ${options.length === 0 ? 'no GraphQLModule was found' : 'no GraphQLModule serves it on a path of its own'}. Only hosts in the list reach it.`,
        );
  }

  /**
   * The rules of gateways for a request on a port; 0 is the application's own.
   *
   * @param isUpgrade otherwise it may poll, which platform-ws does not serve
   */
  atGateway(
    port: number,
    request: HostRequest,
    isUpgrade: boolean,
  ): readonly RouteRule[] {
    if (this.#gatewayServers.length === 0) return [];
    const path = plainPath(request.url);
    if (path === undefined) return [];
    const servers = this.#gatewayServers.filter(
      (server) =>
        server.port === port &&
        (isUpgrade || server.kind !== 'ws') &&
        mayServe(server, path),
    );
    return servers.some((server) => isPathOf(server, path))
      ? this.#commonRules(servers).rules
      : [];
  }

  /** The rules for a request to the GraphQL endpoint. */
  atGraphql({ url }: HostRequest): readonly RouteRule[] {
    const path = this.#graphqlRules.size > 0 ? plainPath(url) : undefined;
    return (path !== undefined && this.#graphqlRules.get(path)) || [];
  }

  /** A connection may reach all gateways of these servers, so only a rule that all of them have applies. */
  #commonRules(servers: readonly GatewayServer[]) {
    const here = this.#gateways.filter(({ metatype }) => {
      const own = gatewayOptions(metatype);
      return servers.some(
        ({ port, option }) => own.port === port && own.path === option,
      );
    });
    const [first, ...others] = here;
    const rules = (first?.rules ?? []).filter((rule) =>
      others.every((other) => other.rules.includes(rule)),
    );
    return { rules, shared: here.some((gateway) => gateway.rules.length > 0) };
  }

  /** The rules on the resolvers of these modules and their imports, as GraphQLModule finds resolvers; [] is all. */
  #rulesIn(include: readonly unknown[]): readonly RouteRule[] {
    const found = new Set(
      this.discovery
        .getProviders()
        .flatMap(({ host }) =>
          host && include.includes(host.metatype) ? [host] : [],
        ),
    );
    for (const { imports } of found)
      for (const imported of imports) found.add(imported);
    return this.#resolvers
      .filter(
        ({ modules }) =>
          include.length === 0 || modules.some((module) => found.has(module)),
      )
      .flatMap(({ rules }) => rules);
  }

  #graphqlPath({ path = '/graphql', useGlobalPrefix }: GraphqlOptions): string {
    const prefix = useGlobalPrefix ? this.config.getGlobalPrefix() : '';
    return `/${prefix}/${path}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
  }
}

interface GraphqlOptions {
  readonly path?: string;
  readonly include?: readonly unknown[];
  readonly useGlobalPrefix?: boolean;
}

/** socket.io serves every path that starts with its own; its clients send that path with a slash. */
function isPathOf({ kind, path }: GatewayServer, requested: string): boolean {
  if (path === undefined) return true;
  return (
    requested === path || (kind === 'socket.io' && requested === `${path}/`)
  );
}

/** Whether a server may take a request to a path before the others get it. */
function mayServe(server: GatewayServer, requested: string): boolean {
  return server.kind === 'socket.io'
    ? `${requested}/`.startsWith(`${server.path}/`)
    : isPathOf(server, requested);
}

function modulesByClass(discovery: DiscoveryService) {
  const modules = new Map<Type, NestModule[]>();
  for (const { metatype, host } of discovery.getProviders()) {
    if (!isClass(metatype)) continue;
    const known = modules.get(metatype) ?? [];
    modules.set(metatype, host ? [...known, host] : known);
  }
  return modules;
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
