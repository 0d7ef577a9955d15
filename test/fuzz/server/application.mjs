import { HttpStatus, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
import { HOSTS } from '../oracle/hosts.mjs';
import { adapterFor } from './adapter.mjs';
import { Filter } from './filter.mjs';
import { gatewaysFor } from './gateways.mjs';
import { graphqlFor } from './graphql.mjs';
import { Handlers } from './handlers.mjs';
import { middleware, mounted } from './middleware.mjs';
import { record, recordProblem, report } from './record.mjs';
import { addStaticFiles } from './static-files.mjs';

/** Ends a process whose parent was killed. */
const endWithoutParent = () => process.exit(1);
process.on('disconnect', endWithoutParent);

/** Sends the last report. After it nothing of the fuzz keeps the process alive. */
class LastReport {
  async onApplicationShutdown() {
    await new Promise((resolve) => process.send(report(), resolve));
    process.removeListener('disconnect', endWithoutParent);
    process.disconnect();
  }
}

/**
 * Starts the application under test.
 *
 * @param changing its list and its lookup, if the setting has those that change
 * @param gatewayPort the port of the gateways that have one of their own
 * @param options options of the module that replace those of the setting
 * @param prepare is called with the application before it has any middleware
 */
export async function startApplication(
  platform,
  setting,
  changing,
  { gatewayPort, options = {}, prepare = () => undefined } = {},
) {
  const graphql = await graphqlFor(setting);
  class AppModule {}
  Module({
    imports: [
      AllowedHostsModule.forRoot({
        ...optionsFor(setting, changing),
        ...options,
      }),
      ...graphql.imports,
    ],
    controllers: [Handlers],
    providers: [
      LastReport,
      ...gatewaysFor(setting, gatewayPort),
      ...graphql.providers,
    ],
  })(AppModule);
  const app = await NestFactory.create(
    AppModule,
    adapterFor(platform, setting),
    { abortOnError: false, logger: logger() },
  );
  if (setting.filter) app.useGlobalFilters(new Filter(app));
  prepare(app);
  app.use(middleware);
  app.use('/any/mounted', mounted);
  app.enableCors((request, callback) => {
    record('cors', request);
    callback(null, {
      origin: true,
      optionsSuccessStatus: HttpStatus.NO_CONTENT,
    });
  });
  if (setting.files) addStaticFiles(app, platform);
  const sockets =
    setting.sockets === 'ws' ? new WsAdapter(app) : new IoAdapter(app);
  if (setting.sockets !== 'none') app.useWebSocketAdapter(sockets);
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  addListeners(app.getHttpServer(), setting);
  const ownServer = sockets.httpServersRegistry?.get(gatewayPort);
  for (const server of [app.getHttpServer(), ownServer])
    server?.on('connection', ignoreErrors);
  // Without it that server would not respond to a request that is no upgrade.
  ownServer?.on('request', respondAtOwn);
  return app;
}

function respondAtOwn(request, response) {
  record('own-listener', request);
  response.writeHead(426).end();
}

function optionsFor(setting, changing) {
  return {
    hosts: setting.changing
      ? changing.hosts
      : setting.slow
        ? [...HOSTS, async ({ hostname }) => hostname === 'slow.example']
        : HOSTS,
    ...(setting.changing && {
      lookup: {
        find: changing.find,
        ttlMs: 50,
        negativeTtlMs: 20,
        staleMs: 100,
        timeoutMs: 5000,
        concurrency: 1000,
      },
    }),
    addresses: false,
    forwardedHost: setting.forwardedHost,
    statusCode: setting.statusCode,
    mode: setting.mode,
    health: {
      livenessPath: 'livez',
      gracefulShutdownTimeoutMs: 1000,
      forceCloseAfterMs: 1000,
    },
  };
}

/** A host that could not be checked for another reason than that the lookup failed. */
const UNEXPECTED = /could not be checked: (?!lookup\.find failed)/;

/** Errors count as problems, except those of the library: it logs what a list or a lookup fails with. */
function logger() {
  const ignore = () => undefined;
  const error = (...args) => {
    if (args.at(-1) !== 'AllowedHosts') recordProblem(...args);
  };
  const warn = (message) => {
    if (UNEXPECTED.test(message)) recordProblem(message);
  };
  return { log: ignore, warn, error, fatal: error };
}

function addListeners(server, { listeners }) {
  server.on('connect', (request, socket) => {
    record('connect', request);
    socket.on('error', () => undefined);
    // Over HTTP/2 it is a response.
    if ('writeHead' in socket) socket.writeHead(200).end();
    else socket.end('HTTP/1.1 200 Connected\r\nConnection: close\r\n\r\n');
  });
  if (!listeners) return;
  server.on('request', (request) => record('listener', request));
  server.on('checkExpectation', (request, response) => {
    record('expectation', request);
    response.writeHead(417).end();
  });
  server.on('stream', (stream, headers) =>
    record('stream', { headers, socket: stream.session?.socket }),
  );
}

/** Nest's WsAdapter responds to a malformed target on a socket without such a listener, see docs/security.md. */
function ignoreErrors(socket) {
  socket.on('error', () => undefined);
}
