import type { EventEmitter } from 'node:events';
import type { ApplicationConfig } from '@nestjs/core';
import { isServer } from './framework-request.js';

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
 * Hears of the servers that gateways with a port of their own bring along, as the WebSocket adapter makes them: Nest
 * tells nobody of these, and a client may be there at once.
 *
 * @param found gets each server
 * @param lost gets the port of one that cannot be seen, as of an adapter that uses no server of Node's
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
      // 0 is the application's own server.
      if (port !== 0) {
        const server = serverOf(made) ?? keptServer(adapter, port);
        if (server) found(server, port);
        else lost(port);
      }
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
