import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { httpServersOf } from '../frameworks/http-servers.js';
import {
  RESOLVED_HEALTH_OPTIONS,
  type ResolvedHealthOptions,
} from './health.options.js';

/**
 * The time between SIGTERM and the end of serving: load balancers go on sending for a while after they have been told
 * to stop. Health says no at once, everything else is served, and connections are asked to close.
 */
@Injectable()
export class Drain
  implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  #draining = false;

  constructor(
    @Inject(RESOLVED_HEALTH_OPTIONS)
    private readonly options: false | ResolvedHealthOptions,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Nest's first hook of a shutdown reaches a global module last, after every `onModuleDestroy` of the application:
   * so the signal itself is heard, where somebody handles it. Alone we must not: it would keep the process alive.
   */
  onApplicationBootstrap(): void {
    this.#closeFirst();
    if (process.listenerCount('SIGTERM') > 0)
      process.prependListener('SIGTERM', this.#begin);
  }

  onModuleDestroy(): void {
    this.#begin();
  }

  /**
   * Nest 11 ends a close at the first hook that throws, so the hooks of a global module may never run: a provider in
   * the module whose hooks run first begins the drain, and removes the listener.
   */
  #closeFirst(): void {
    const modules = [...this.modules.values()];
    const least = Math.min(...modules.map(({ distance }) => distance));
    for (const module of modules)
      if (module.distance === least)
        module.addProvider({
          provide: Symbol('nestjs-allowed-hosts:drain'),
          useValue: { onModuleDestroy: this.#begin },
        });
  }

  readonly #begin = (): void => {
    process.off('SIGTERM', this.#begin);
    if (this.#draining) return;
    this.#draining = true;
    subscribe(REQUEST_START, this.#closeConnection);
    for (const server of httpServersOf(this.adapterHost))
      server.once('close', () =>
        unsubscribe(REQUEST_START, this.#closeConnection),
      );
  };

  /** Otherwise a keep-alive connection holds the client to a server that is about to go. */
  readonly #closeConnection = (message: unknown): void => {
    const { server, response } = message as {
      readonly server: unknown;
      readonly response: ServerResponse;
    };
    const own: readonly unknown[] = httpServersOf(this.adapterHost);
    if (own.includes(server)) response.setHeader('Connection', 'close');
  };

  async beforeApplicationShutdown(signal?: string): Promise<void> {
    const waitMs =
      this.options === false ? 0 : this.options.gracefulShutdownTimeoutMs;
    if (signal !== 'SIGTERM' || waitMs === 0) return;
    new Logger('AllowedHosts').log(
      `SIGTERM: health answers 503, traffic is served for ${waitMs} ms more.`,
    );
    await setTimeout(waitMs);
  }
}

/** Node publishes each request of HTTP/1 here, before any listener of the server has it. */
const REQUEST_START = 'http.server.request.start';
