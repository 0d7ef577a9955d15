import type { IncomingMessage } from 'node:http';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import {
  GraphQLModule,
  Mutation,
  Query,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { portOf } from '../../support/app.js';
import { handshake, sendRequest, tcp } from '../../support/raw-client.js';
import { note } from './ran.js';
import {
  create,
  onlyOurs,
  type PlatformName,
  type Scene,
  type Surface,
} from './scene.js';

@Resolver()
class HelloResolver {
  @Query(() => String)
  hello() {
    note('query');
    return 'hello';
  }

  @Mutation(() => String)
  change() {
    note('mutation');
    return 'changed';
  }

  @Subscription(() => String)
  async *ticks() {
    note('subscription');
    yield { ticks: 'tick' };
  }
}

const post = (query: string): Surface['send'] => {
  return (connect, host) =>
    sendRequest(
      connect,
      'POST /graphql',
      host,
      ['Content-Type: application/json'],
      JSON.stringify({ query }),
    );
};

const surfacesOf = (driver: string): Surface[] => [
  {
    name: `GraphQL over ${driver}: query`,
    send: post('{ hello }'),
    status: 200,
    runs: /query/,
  },
  {
    name: `GraphQL over ${driver}: query with GET`,
    send: (connect, host) =>
      sendRequest(connect, 'GET /graphql?query=%7Bhello%7D', host, [
        'Apollo-Require-Preflight: true',
      ]),
    status: 200,
    runs: /query/,
  },
  {
    name: `GraphQL over ${driver}: mutation`,
    send: post('mutation { change }'),
    status: 200,
    runs: /mutation/,
  },
  {
    name: `GraphQL over ${driver}: introspection`,
    send: post('{ __schema { queryType { name } } }'),
    status: 200,
  },
  {
    name: `GraphQL over ${driver}: a query that does not parse`,
    send: post('{'),
    status: 400,
  },
  {
    name: `GraphQL over ${driver}: subscription (graphql-ws)`,
    send: (connect, host) =>
      handshake(connect, '/graphql', host, 'graphql-transport-ws'),
    status: 101,
  },
];

function apolloModule() {
  @Module({
    imports: [
      onlyOurs(),
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        introspection: true,
        playground: false,
        subscriptions: { 'graphql-ws': true },
        context: ({ req }: { req?: IncomingMessage }) => {
          note('context');
          return { req };
        },
      }),
    ],
    providers: [HelloResolver],
  })
  class AppModule {}
  return AppModule;
}

function mercuriusModule() {
  @Module({
    imports: [
      onlyOurs(),
      GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        autoSchemaFile: true,
        subscription: true,
      }),
    ],
    providers: [HelloResolver],
  })
  class AppModule {}
  return AppModule;
}

const open = (module: () => object) => async (platform: PlatformName) => {
  const app = await create(
    module(),
    platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
  );
  await app.listen(0, '127.0.0.1');
  return { app, connect: tcp(portOf(app)) };
};

export const graphqlScenes: Scene[] = [
  {
    name: 'GraphQL over Apollo',
    open: open(apolloModule),
    surfaces: surfacesOf('Apollo'),
  },
  {
    name: 'GraphQL over Mercurius',
    on: ['fastify'],
    open: open(mercuriusModule),
    surfaces: surfacesOf('Mercurius'),
  },
];
