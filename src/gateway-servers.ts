import type { EventEmitter } from 'node:events';
import type { ApplicationConfig } from '@nestjs/core';
import { isServer } from './framework-request.js';

/**
 * Hears of the servers that gateways with a port of their own bring along, as the WebSocket adapter makes them: Nest
 * tells nobody of these, and a client may be there at once.
 *
 * @param found gets each server
 * @param lost gets the port of one that cannot be seen, as of an adapter that uses no server of Node's
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
      // 0 is the application's own server.
      if (port !== 0) {
        const server = serverOf(made) ?? keptServer(adapter, port);
        if (server) found(server);
        else lost(port);
      }
      return made;
    };
    setIoAdapter(adapter);
  };
}

/** socket.io has its `httpServer`, a namespace of it its `server`; ws has a `_server` where it made one. */
function serverOf(made: unknown): EventEmitter | undefined {
  const { httpServer, server, _server } = (made ?? {}) as {
    httpServer?: unknown;
    server?: { httpServer?: unknown };
    _server?: unknown;
  };
  return [httpServer, server?.httpServer, _server].find(isServer);
}

/** Several paths on one port share a server, which Nest's adapter for ws keeps. */
function keptServer(adapter: object, port: number): EventEmitter | undefined {
  const { httpServersRegistry: kept } = adapter as {
    httpServersRegistry?: unknown;
  };
  const server: unknown = kept instanceof Map ? kept.get(port) : undefined;
  return isServer(server) ? server : undefined;
}
