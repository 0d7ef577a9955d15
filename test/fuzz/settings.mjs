/**
 * Configurations of the application, with what the oracle must know about each.
 *
 * - `platforms`: those that can have it. Express has no HTTP/2.
 * - `protocols`: what the client sends.
 * - `sockets`: the adapter of the gateways, `ws` or `socket.io`.
 * - `trusts`: the framework trusts one of the two addresses that requests come from.
 * - `slow`: a predicate returns a promise.
 * - `changing`: the list is an Observable, and `lookup` is on; both change while requests are sent.
 * - `listeners`: the application listens to `request` and `stream` events of the server.
 * - `mode`: that of the library. In report mode nothing is refused.
 * - `filter`: a filter of the application catches all exceptions.
 * - `files`: static files are on paths that routes with a rule have.
 * - `graphql`: there is a GraphQL endpoint, and its resolvers have rules.
 * - `gatewayPort`: some gateways have a port of their own.
 * - `nest`: the major version of Nest.
 * - `end`: how the application ends while requests are under way: by SIGTERM, or by `app.close()`.
 */
const BASE = {
  platforms: ['express', 'fastify'],
  protocols: ['http1'],
  isSecure: false,
  sockets: 'ws',
  trusts: false,
  forwardedHost: 'trusted',
  statusCode: 400,
  slow: false,
  changing: false,
  listeners: false,
  mode: 'enforce',
  filter: false,
  files: false,
  graphql: false,
  gatewayPort: false,
  nest: 12,
  end: 'signal',
};

const H2C = {
  ...BASE,
  platforms: ['fastify'],
  protocols: ['http2'],
  trusts: true,
  sockets: 'none',
};
const CHANGING_OVER_TLS = {
  ...BASE,
  platforms: ['fastify'],
  protocols: ['http2', 'http2', 'http1'],
  isSecure: true,
  trusts: true,
  changing: true,
};

export const SETTINGS = {
  'trust off': { ...BASE, listeners: true },
  'trust on': { ...BASE, trusts: true, sockets: 'socket.io', end: 'close' },
  'always, async predicate': {
    ...BASE,
    forwardedHost: 'always',
    statusCode: 421,
    slow: true,
    end: 'close',
  },
  changing: { ...BASE, trusts: true, sockets: 'socket.io', changing: true },
  h2c: {
    ...H2C,
    listeners: true,
  },
  'TLS, changing': {
    ...CHANGING_OVER_TLS,
    end: 'close',
  },
  'files, filter': {
    ...BASE,
    trusts: true,
    sockets: 'socket.io',
    filter: true,
    files: true,
  },
  'GraphQL, port of gateways': {
    ...BASE,
    trusts: true,
    graphql: true,
    gatewayPort: true,
    end: 'close',
  },
  report: { ...BASE, trusts: true, listeners: true, mode: 'report' },
  'Nest 11': {
    ...BASE,
    trusts: true,
    sockets: 'socket.io',
    nest: 11,
    end: 'close',
  },
  'Nest 11, h2c': {
    ...H2C,
    nest: 11,
    end: 'close',
  },
  'Nest 11, TLS, changing': {
    ...CHANGING_OVER_TLS,
    listeners: true,
    nest: 11,
  },
  'Nest 11, GraphQL, port of gateways': {
    ...BASE,
    trusts: true,
    filter: true,
    graphql: true,
    gatewayPort: true,
    nest: 11,
  },
};
