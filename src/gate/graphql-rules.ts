import type { RouteRule } from '../allowed-hosts.route-rule.js';
import { plainPath } from '../frameworks/plain-path.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import type { ProviderWrapper, RuledProvider } from './ruled-providers.js';

/** The rules on resolvers, for requests to the path of their GraphQL endpoint. */
export class GraphqlRules {
  readonly #resolvers: readonly RuledProvider[];
  readonly #warn: (message: string) => void;
  /** The resolvers of each endpoint, by its path; `undefined` for a path of several endpoints. */
  readonly #byPath = new Map<string, readonly RuledProvider[] | undefined>();

  constructor(
    resolvers: readonly RuledProvider[],
    warn: (message: string) => void,
  ) {
    this.#resolvers = resolvers;
    this.#warn = warn;
  }

  /** Finds the endpoints among the providers of the application, and the rules on each. */
  place(providers: readonly ProviderWrapper[], globalPrefix: string): void {
    const endpoints = providers
      .filter(({ name }) => name === 'GqlModuleOptions')
      .map(({ instance }) => (instance ?? {}) as GraphqlOptions);
    for (const endpoint of endpoints) {
      const path = pathOf(endpoint, globalPrefix);
      const resolvers = this.#resolversIn(endpoint.include ?? [], providers);
      // It is not known which of two endpoints serves a path.
      const isExact = !this.#byPath.has(path) && !hasOwnResolvers(endpoint);
      this.#byPath.set(path, isExact ? resolvers : undefined);
      const subscriptions = subscriptionPathOf(endpoint);
      if (resolvers.length > 0 && isExact && subscriptions !== undefined)
        this.#warn(
          `Rules on resolvers have no effect on subscriptions at ${subscriptions}: only hosts in the list can connect there. Remove the path from 'graphql-ws' to serve them at ${path}.`,
        );
    }
    const placed = new Set([...this.#byPath.values()].flat());
    for (const resolver of this.#resolvers)
      if (!placed.has(resolver))
        this.#warn(
          `The rule on ${resolver.metatype.name} has no effect before the guard: ${whyUnplaced(endpoints)}. Only hosts in the list reach it.`,
        );
  }

  /** The rules for a request; empty if its path is no endpoint's. */
  on({ url }: HostRequest): readonly RouteRule[] {
    // Stryker disable next-line ConditionalExpression,EqualityOperator: fast path, see bench
    const path = this.#byPath.size > 0 ? plainPath(url) : undefined;
    const resolvers = this.#byPath.get(path ?? '') ?? [];
    return resolvers.flatMap(({ rules }) => rules);
  }

  /** The resolvers of these modules and their imports, as GraphQLModule finds resolvers; [] is all. */
  #resolversIn(
    include: readonly unknown[],
    providers: readonly ProviderWrapper[],
  ): readonly RuledProvider[] {
    const found = new Set(
      providers.flatMap(({ host }) =>
        host && include.includes(host.metatype) ? [host] : [],
      ),
    );
    for (const { imports } of found)
      for (const imported of imports) found.add(imported);
    return this.#resolvers.filter(
      ({ modules }) =>
        include.length === 0 || modules.some((module) => found.has(module)),
    );
  }
}

/** Whether queries reach code without a guard, with a map of resolvers in the options. */
function hasOwnResolvers({ resolvers = [] }: GraphqlOptions): boolean {
  return [resolvers].flat().some((map) => ROOTS.some((root) => root in map));
}

const ROOTS = ['Query', 'Mutation', 'Subscription'];

function whyUnplaced(endpoints: readonly GraphqlOptions[]): string {
  if (endpoints.length === 0) return 'no GraphQLModule was found';
  return endpoints.some(hasOwnResolvers)
    ? 'a GraphQLModule has resolvers in its options, which no guard checks'
    : 'no GraphQLModule serves it on a path of its own';
}

/** The path of subscriptions, if they have one of their own. */
function subscriptionPathOf({ subscriptions }: GraphqlOptions) {
  const options = subscriptions?.['graphql-ws'];
  return typeof options === 'object' ? options.path : undefined;
}

interface GraphqlOptions {
  readonly subscriptions?: {
    readonly 'graphql-ws'?: boolean | { readonly path?: string };
  };
  readonly path?: string;
  readonly resolvers?: object | readonly object[];
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
