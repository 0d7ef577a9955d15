import type { RouteRule } from '../allowed-hosts.route-rule.js';
import { plainPath } from '../frameworks/plain-path.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import type { ProviderWrapper, RuledProvider } from './ruled-providers.js';

/** The rules on resolvers, for requests to the path of their GraphQL endpoint. */
export class GraphqlRules {
  readonly #resolvers: readonly RuledProvider[];
  readonly #warn: (message: string) => void;
  /** The rules on the resolvers of each endpoint, by its path. */
  readonly #byPath = new Map<string, readonly RouteRule[]>();

  constructor(
    resolvers: readonly RuledProvider[],
    warn: (message: string) => void,
  ) {
    this.#resolvers = resolvers;
    this.#warn = warn;
  }

  /** Finds the endpoints among the providers of the application, and the rules on each. */
  place(providers: readonly ProviderWrapper[], globalPrefix: string): void {
    if (this.#resolvers.length === 0) return;
    const endpoints = providers
      .filter(({ name }) => name === 'GqlModuleOptions')
      .map(({ instance }) => (instance ?? {}) as GraphqlOptions);
    for (const endpoint of endpoints) {
      const path = pathOf(endpoint, globalPrefix);
      const rules = this.#rulesIn(endpoint.include ?? [], providers);
      // It is not known which of two endpoints serves a path.
      this.#byPath.set(path, this.#byPath.has(path) ? [] : rules);
    }
    const placed = new Set([...this.#byPath.values()].flat());
    for (const { metatype, rules } of this.#resolvers)
      if (!rules.some((rule) => placed.has(rule)))
        this.#warn(
          `The rule on ${metatype.name} has no effect before the guard: ${endpoints.length === 0 ? 'no GraphQLModule was found' : 'no GraphQLModule serves it on a path of its own'}. Only hosts in the list reach it.`,
        );
  }

  /** The rules for a request; empty if its path is no endpoint's. */
  on({ url }: HostRequest): readonly RouteRule[] {
    const path = this.#byPath.size > 0 ? plainPath(url) : undefined;
    return (path !== undefined && this.#byPath.get(path)) || [];
  }

  /** The rules on the resolvers of these modules and their imports, as GraphQLModule finds resolvers; [] is all. */
  #rulesIn(
    include: readonly unknown[],
    providers: readonly ProviderWrapper[],
  ): readonly RouteRule[] {
    const found = new Set(
      providers.flatMap(({ host }) =>
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
}

interface GraphqlOptions {
  readonly path?: string;
  readonly include?: readonly unknown[];
  readonly useGlobalPrefix?: boolean;
}

function pathOf(
  { path = '/graphql', useGlobalPrefix }: GraphqlOptions,
  globalPrefix: string,
): string {
  const prefix = useGlobalPrefix ? globalPrefix : '';
  return `/${prefix}/${path}`.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
}
