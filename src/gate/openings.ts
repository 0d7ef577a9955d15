import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  ModulesContainer,
} from '@nestjs/core';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { GatewayRules } from './gateway-rules.js';
import { GraphqlRules } from './graphql-rules.js';
import { RouteRules } from './route-rules.js';
import { findRuledProviders } from './ruled-providers.js';

/** Rules that may allow a request which the list refuses, and where the request goes then. */
export interface Opening {
  readonly rules: Iterable<RouteRule>;
  /** To all `listeners` of the server, or to the framework only, for an `endpoint` or a `route`. */
  readonly passage: 'listeners' | 'endpoint' | 'route';
}

/**
 * Finds the rules that may allow a request. Several gateways or resolvers share an endpoint, and the server sees only the
 * endpoint: a rule on a resolver applies to the path of the GraphQL endpoint, a rule on a gateway to its own upgrades and
 * polling.
 */
@Injectable()
export class Openings implements OnModuleInit {
  readonly routes: RouteRules;
  readonly gateways: GatewayRules;
  /** Whether a gateway or a resolver has a rule: its endpoint serves others too. */
  readonly onEndpoints: boolean;
  readonly #graphql: GraphqlRules;
  /** Not from DiscoveryModule: each module that is imported takes time at start. */
  readonly #discovery: DiscoveryService;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {
    this.#discovery = new DiscoveryService(modules);
    const logger = new Logger('AllowedHosts');
    const warn = (message: string) => logger.warn(message);
    const { gateways, resolvers } = findRuledProviders(this.#discovery, warn);
    this.onEndpoints = [...gateways, ...resolvers].some(
      ({ rules }) => rules.length > 0,
    );
    this.routes = new RouteRules(this.#discovery, warn);
    this.gateways = new GatewayRules(gateways, warn);
    this.#graphql = new GraphqlRules(resolvers, warn);
  }

  /** Nest has registered all routes by now, and the factories of GraphQL options have run. */
  onModuleInit(): void {
    this.routes.warnOfUnplaced();
    this.#graphql.place(
      this.#discovery.getProviders(),
      this.config.getGlobalPrefix(),
    );
  }

  /** For a request that the framework has not routed yet. */
  forRequest(port: number, request: HostRequest): Opening {
    // Stryker disable next-line StringLiteral: only 'upgrade' is compared
    const gateway = this.gateways.on(port, request, 'request');
    if (gateway.length > 0 || port !== 0)
      return { rules: gateway, passage: 'listeners' };
    return (
      this.#forEndpoint(request) ?? {
        rules: this.routes.mayMatch(request),
        passage: 'route',
      }
    );
  }

  forUpgrade(port: number, request: HostRequest): Opening {
    const gateway = this.gateways.on(port, request, 'upgrade');
    const rules =
      port === 0 ? [...gateway, ...this.#graphql.on(request)] : gateway;
    // Stryker disable next-line StringLiteral: an upgrade has no other way
    return { rules, passage: 'listeners' };
  }

  /** For a stream of HTTP/2 that no request object exists for yet. */
  forStream(request: HostRequest): Opening {
    const rules = [
      ...this.#graphql.on(request),
      ...this.routes.mayMatch(request),
    ];
    // Stryker disable next-line StringLiteral: only 'listeners' would differ
    return { rules, passage: 'route' };
  }

  /** For the framework's own request, whose route its router knows. */
  forRouted(request: AnyRequest): Opening {
    return (
      this.#forEndpoint(rawRequest(request)) ?? {
        rules: this.routes.on(request),
        passage: 'route',
      }
    );
  }

  #forEndpoint(request: HostRequest): Opening | undefined {
    const rules = this.#graphql.on(request);
    // Stryker disable next-line StringLiteral: only 'listeners' and 'route' would differ
    return rules.length > 0 ? { rules, passage: 'endpoint' } : undefined;
  }
}
