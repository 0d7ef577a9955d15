import type { EventEmitter } from 'node:events';
import type { ApplicationConfig } from '@nestjs/core';
import { isServer } from './framework-request.js';

/**
 * Reports the servers that gateways use, as the WebSocket adapter creates or received them: Nest does not report
 * them, and a client may connect at once. The application's own server is reported too.
 *
 * @param found gets each server, one of several gateways more than once
 * @param lost gets the port of a gateway whose server cannot be seen; 0 where the gateway has no port of its own
 */
export function watchGatewayServers(
  config: ApplicationConfig,
  found: (server: EventEmitter) => void,
  lost: (port: number) => void,
): void {
  const setIoAdapter = config.setIoAdapter.bind(config);
  config.setIoAdapter = (adapter) => {
    const create = adapter.create.bind(adapter);
    adapter.create = (port: number, options?: object) => {
      const made: unknown = create(port, options);
      const server =
        serverOf(made) ??
        keptServer(adapter, port) ??
        givenServer(adapter, port, made);
      if (server) found(server);
      else lost(port);
      return made;
    };
    setIoAdapter(adapter);
  };
}

/** socket.io has its `httpServer`, a namespace of it its `server`; ws has a `_server` where it got or made one. */
function serverOf(made: unknown): EventEmitter | undefined {
  const { httpServer, server, _server } = (made ?? {}) as {
    httpServer?: unknown;
    server?: { httpServer?: unknown };
    _server?: unknown;
  };
  return [httpServer, server?.httpServer, _server].find(isServer);
}

/** Nest's adapter for ws keeps a server for each port, and that of the application, or of the user, for 0. */
function keptServer(adapter: object, port: number): EventEmitter | undefined {
  const { httpServersRegistry: kept } = adapter as {
    httpServersRegistry?: unknown;
  };
  const server: unknown = kept instanceof Map ? kept.get(port) : undefined;
  return isServer(server) ? server : undefined;
}

/** A ws without a server gets its upgrades from whoever made it: without a port, from the server of the adapter. */
function givenServer(
  adapter: object,
  port: number,
  made: unknown,
): EventEmitter | undefined {
  const { options } = (made ?? {}) as { options?: { noServer?: unknown } };
  const { httpServer } = adapter as { httpServer?: unknown };
  return port === 0 && options?.noServer === true && isServer(httpServer)
    ? httpServer
    : undefined;
}
