import type { EventEmitter } from 'node:events';
import type { ApplicationConfig } from '@nestjs/core';
import { isServer } from './any-request.js';

/** Where gateways listen. */
export interface GatewayServer {
  readonly kind: 'socket.io' | 'ws' | 'other';
  /** As the gateway names it; 0 for the application's own server. */
  readonly port: number;
  /** The path in the gateway's options. */
  readonly option: string | undefined;
  /** The path that clients request; `undefined` where the server takes every path. */
  readonly path: string | undefined;
}

/**
 * Reports the servers that gateways use, as the WebSocket adapter creates or received them: Nest does not report
 * them, and a client may connect at once. The application's own server is reported too.
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
      opened(gatewayServerOf(made, port, options?.path));
      const server =
        serverOf(made) ??
        keptServer(adapter, port) ??
        givenServer(adapter, port, made);
      if (server) found(server, port);
      else lost(port);
      return made;
    };
    setIoAdapter(adapter);
  };
}

/** A server of socket.io (or a namespace of one) says its path by a method, one of ws by its options. */
function gatewayServerOf(
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
