import 'reflect-metadata';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module, type INestApplication } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { AllowAnyHost } from '../../src/index.js';
import {
  platforms,
  start,
  stopAll,
  type Platform,
  type RunningApp,
} from '../support/app.js';
import { onlyOurs } from './matrix/scene.js';

@AllowAnyHost()
@Resolver()
class OpenResolver {
  @Query(() => String)
  open() {
    return 'open';
  }
}

@Resolver()
class ClosedResolver {
  @Query(() => String)
  closed() {
    return 'closed';
  }
}

@Module({ providers: [OpenResolver] })
class OpenModule {}

@Module({ providers: [OpenResolver] })
class OtherModule {}

@Module({ providers: [ClosedResolver] })
class ClosedModule {}

const graphql = (options: Partial<ApolloDriverConfig> = {}) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    ...options,
  });

const schemaFirst = (
  resolvers: ApolloDriverConfig['resolvers'],
  options: Partial<ApolloDriverConfig> = {},
) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    typeDefs: `
      type Query { open: String closed: String plain: String }
      type Mutation { plain: String }
      type Subscription { plain: String }
      scalar Json
    `,
    ...(resolvers && { resolvers }),
    ...options,
  });

const startWith = (
  platform: Platform,
  more: { imports?: object[]; providers?: object[] },
  configure?: (app: INestApplication) => void,
) =>
  start(
    {
      module: class AppModule {},
      ...more,
      imports: [onlyOurs(), ...(more.imports ?? [])],
    },
    platform,
    configure,
  );

/** The status of a query that runs no resolver. */
const query = async (app: RunningApp, path: string, host: string) =>
  (
    await app.request(
      'POST',
      path,
      host,
      ['Content-Type: application/json'],
      '{"query":"{ __typename }"}',
    )
  ).status;

const withoutEffect = (why: string) =>
  `The rule on OpenResolver has no effect before the guard: ${why}. Only hosts in the list reach it.`;

describe('rules on resolvers', () => {
  afterEach(stopAll);

  describe.each(platforms)('on $name', (platform) => {
    it('are named in the log if there is no GraphQLModule', async () => {
      const app = await startWith(platform, { providers: [OpenResolver] });
      expect(app.log.of('warn')).toEqual([
        withoutEffect('no GraphQLModule was found'),
      ]);
    });

    it('are named in the log if no GraphQLModule has their resolver', async () => {
      const app = await startWith(platform, {
        imports: [
          OpenModule,
          ClosedModule,
          graphql({ include: [ClosedModule] }),
        ],
      });
      expect(app.log.of('warn')).toEqual([
        withoutEffect('no GraphQLModule serves it on a path of its own'),
      ]);
      expect(await query(app, '/graphql', 'evil.example')).toBe(400);
    });

    it.each([
      [{ Query: { plain: () => 'plain' } }],
      [[{}, { Subscription: {} }]],
      [[{ Mutation: {} }]],
    ])(
      'do not apply to an endpoint with resolvers that no guard checks: %j',
      async (resolvers) => {
        const app = await startWith(platform, {
          imports: [schemaFirst(resolvers)],
          providers: [OpenResolver],
        });
        expect(app.log.of('warn')).toEqual([
          withoutEffect(
            'a GraphQLModule has resolvers in its options, which no guard checks',
          ),
        ]);
        expect(await query(app, '/graphql', 'evil.example')).toBe(400);
        expect(await query(app, '/graphql', 'example.com')).toBe(200);
      },
    );

    it.each([
      [{ path: '/subscriptions' }, 1],
      [{}, 0],
      [true, 0],
    ])(
      'are named in the log if subscriptions have a path of their own: %j',
      async (options, lines) => {
        const app = await startWith(platform, {
          imports: [graphql({ subscriptions: { 'graphql-ws': options } })],
          providers: [OpenResolver],
        });
        expect(app.log.of('warn')).toEqual(
          Array(lines).fill(
            `Rules on resolvers have no effect on subscriptions at /subscriptions: only hosts in the list can connect there. Remove the path from 'graphql-ws' to serve them at /graphql.`,
          ),
        );
      },
    );

    it('are not named for subscriptions that have no rule', async () => {
      const subscriptions = { 'graphql-ws': { path: '/subscriptions' } };
      const without = await startWith(platform, {
        imports: [graphql({ subscriptions })],
        providers: [ClosedResolver],
      });
      expect(without.log.of('warn')).toEqual([]);
      const unplaced = await startWith(platform, {
        imports: [
          schemaFirst({ Query: { plain: () => 'plain' } }, { subscriptions }),
        ],
        providers: [OpenResolver],
      });
      expect(unplaced.log.of('warn')).toHaveLength(1);
    });

    it('apply to an endpoint with scalars in its options', async () => {
      const app = await startWith(platform, {
        imports: [schemaFirst({ Json: {} })],
        providers: [OpenResolver],
      });
      expect(app.log.of('warn')).toEqual([]);
      expect(await query(app, '/graphql', 'evil.example')).toBe(200);
    });

    it('apply to an endpoint below the global prefix', async () => {
      const app = await startWith(
        platform,
        {
          imports: [graphql({ useGlobalPrefix: true })],
          providers: [OpenResolver],
        },
        (nest) => void nest.setGlobalPrefix('api'),
      );
      expect(await query(app, '/api/graphql', 'evil.example')).toBe(200);
      expect(await query(app, '/graphql', 'evil.example')).toBe(400);
    });

    it('apply if their resolver belongs to several modules, of which an endpoint serves one', async () => {
      const app = await startWith(platform, {
        imports: [OpenModule, OtherModule, graphql({ include: [OpenModule] })],
      });
      expect(app.log.of('warn')).toEqual([]);
      expect(await query(app, '/graphql', 'evil.example')).toBe(200);
    });
  });

  describe('on express', () => {
    it('apply to an endpoint whose path ends in a slash', async () => {
      const app = await startWith(platforms[0], {
        imports: [graphql({ path: '/graphql/' })],
        providers: [OpenResolver],
      });
      expect(await query(app, '/graphql', 'evil.example')).toBe(200);
    });

    it('do not apply if one of several endpoints has their resolver and others that no guard checks', async () => {
      const app = await startWith(platforms[0], {
        imports: [
          OpenModule,
          ClosedModule,
          schemaFirst({ Query: { plain: () => 'plain' } }),
          graphql({ include: [ClosedModule], path: '/closed' }),
        ],
      });
      expect(app.log.of('warn')).toEqual([
        withoutEffect(
          'a GraphQLModule has resolvers in its options, which no guard checks',
        ),
      ]);
    });

    it('do not apply to a path of two endpoints', async () => {
      const app = await startWith(platforms[0], {
        imports: [
          OpenModule,
          ClosedModule,
          graphql({ include: [ClosedModule] }),
          graphql({ include: [OpenModule] }),
        ],
      });
      expect(app.log.of('warn')).toEqual([
        withoutEffect('no GraphQLModule serves it on a path of its own'),
      ]);
      expect(await query(app, '/graphql', 'evil.example')).toBe(400);
      expect(await query(app, '/graphql', 'example.com')).toBe(200);
    });
  });
});
