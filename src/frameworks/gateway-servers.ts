import type { EventEmitter } from 'node:events';
import type { ApplicationConfig } from '@nestjs/core';
import { isServer } from './any-request.js';

/** A port and a path on which gateways listen. */
export interface GatewayServer {
  readonly kind: 'socket.io' | 'ws' | 'other';
  /** The port in the gateway's decorator; 0 for the application's own server. */
  readonly port: number;
  /** The path in the gateway's options. */
  readonly option: string | undefined;
  /** The path that clients request; `undefined` where the server takes every path. */
  readonly path: string | undefined;
}

/**
 * Reports the servers of gateways at the moment when the WebSocket adapter creates or gets them. Nest has no event for
 * that, and a client may connect at once. The application's own server is reported too.
 *
 * @param opened gets what each gateway listens on
 * @param found gets each server, one of several gateways more than once
 * @param lost gets the port of a gateway whose server cannot be seen; 0 where the gateway has no port of its own
 */
export function watchGatewayServers(
  config: ApplicationConfig,
  opened: (server: GatewayServer) => void,
  found: (server: EventEmitter, port: number) => void,
  lost: (port: number) => void,
): void {
  const setIoAdapter = config.setIoAdapter.bind(config);
  config.setIoAdapter = (adapter) => {
    const create = adapter.create.bind(adapter);
    adapter.create = (port: number, options?: { path?: string }) => {
      const made: unknown = create(port, options);
      opened(describeServer(made, port, options?.path));
      const server =
        serverOf(made) ??
        registeredServer(adapter, port) ??
        adapterServer(adapter, port, made);
      if (server) found(server, port);
      else lost(port);
      return made;
    };
    setIoAdapter(adapter);
  };
}

/** Calls a function for each server of gateways; see {@link watchGatewayServers}. */
export function onEachGatewayServer(
  config: ApplicationConfig,
  use: (server: EventEmitter) => void,
): void {
  watchGatewayServers(config, nothing, use, nothing);
}

const nothing = () => undefined;

/** socket.io and its namespaces have a path() method; ws has its path as a property or in its options. */
function describeServer(
  made: unknown,
  port: number,
  option: string | undefined,
): GatewayServer {
  const { server, path, options } = (made ?? {}) as {
    readonly server?: { readonly path?: unknown };
    readonly path?: unknown;
    readonly options?: { readonly path?: string | null };
  };
  if (typeof path === 'function' || typeof server?.path === 'function') {
    const io = (typeof path === 'function' ? made : server) as {
      path(): string;
    };
    return { kind: 'socket.io', port, option, path: io.path() };
  }
  if (typeof path === 'string' || options !== undefined) {
    const own = typeof path === 'string' ? path : options?.path;
    return { kind: 'ws', port, option, path: own ?? undefined };
  }
  return { kind: 'other', port, option, path: option };
}

/** socket.io has `httpServer`, a namespace has `server`, ws has `_server` if it uses one. */
function serverOf(made: unknown): EventEmitter | undefined {
  const { httpServer, server, _server } = (made ?? {}) as {
    httpServer?: unknown;
    server?: { httpServer?: unknown };
    _server?: unknown;
  };
  return [httpServer, server?.httpServer, _server].find(isServer);
}

/** Nest's WsAdapter keeps one server for each port; for port 0 that of the application or of the user. */
function registeredServer(
  adapter: object,
  port: number,
): EventEmitter | undefined {
  const { httpServersRegistry: kept } = adapter as {
    httpServersRegistry?: unknown;
  };
  const server: unknown = kept instanceof Map ? kept.get(port) : undefined;
  return isServer(server) ? server : undefined;
}

/** A ws server with `noServer` and no port gets its upgrades from the server that the adapter was given. */
function adapterServer(
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
