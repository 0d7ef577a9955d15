import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { onEachHttpServer } from '../frameworks/http-servers.js';

export const KEEP_ALIVE_TIMEOUT_MS = Symbol('nestjs-allowed-hosts:keep-alive');

/** Lets the servers keep idle connections for as long as `keepAliveTimeoutMs` says. */
@Injectable()
export class KeepAlive implements OnModuleInit {
  constructor(
    @Inject(KEEP_ALIVE_TIMEOUT_MS)
    private readonly timeoutMs: number | undefined,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    const { timeoutMs } = this;
    if (timeoutMs === undefined) return;
    onEachHttpServer(this.adapterHost, (server) => {
      if (!hasKeepAlive(server)) return;
      server.keepAliveTimeout = timeoutMs;
      // A request that arrives at the last moment must have its time for headers.
      if (server.headersTimeout !== 0)
        server.headersTimeout = Math.max(
          server.headersTimeout,
          timeoutMs + 1000,
        );
    });
  }
}

/** A server of HTTP/1. */
export function hasKeepAlive(server: object): server is {
  keepAliveTimeout: number;
  headersTimeout: number;
} {
  return (
    typeof (server as { keepAliveTimeout?: unknown }).keepAliveTimeout ===
      'number' &&
    typeof (server as { headersTimeout?: unknown }).headersTimeout === 'number'
  );
}
