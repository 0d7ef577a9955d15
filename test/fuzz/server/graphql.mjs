// A GraphQL endpoint whose resolvers have rules.
import { AllowHosts, AllowProbes } from 'nestjs-allowed-hosts';
import { decorate } from './decorate.mjs';
import { record } from './record.mjs';

const RULES = {
  hello: [],
  admin: [AllowHosts('admin.example.com')],
  ready: [AllowProbes()],
};

/** What an application with the endpoint needs; nothing without it. */
export async function graphqlFor(setting) {
  if (!setting.graphql) return { imports: [], providers: [] };
  const { ApolloDriver } = await import('@nestjs/apollo');
  const graphql = await import('@nestjs/graphql');
  const endpoint = graphql.GraphQLModule.forRoot({
    driver: ApolloDriver,
    autoSchemaFile: true,
    playground: false,
    formatError: ({ message }) => ({ message }),
  });
  return { imports: [endpoint], providers: [resolversOf(graphql)] };
}

function resolversOf({ Context, Query, Resolver }) {
  class Resolvers {
    hello(request) {
      return ran('hello', request);
    }
    admin(request) {
      return ran('admin', request);
    }
    ready(request) {
      return ran('ready', request);
    }
  }
  for (const [name, rules] of Object.entries(RULES)) {
    decorate(
      Resolvers,
      name,
      Query(() => String),
      ...rules,
    );
    Context('req')(Resolvers.prototype, name, 0);
  }
  Resolver()(Resolvers);
  return Resolvers;
}

function ran(query, request) {
  record(`query-${query}`, request);
  return query;
}
