import { setTimeout as wait } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { onEachGatewayServer } from '../frameworks/gateway-servers.js';
import { onEachHttpServer } from '../frameworks/http-servers.js';
import { OpenConnections } from '../frameworks/open-connections.js';
import { FirstHook } from './first-hook.module.js';
import {
  RESOLVED_HEALTH_OPTIONS,
  type ResolvedHealthOptions,
} from './health.options.js';
import { followShutdownSignals } from './shutdown-signals.js';

/**
 * The end of the process. Load balancers keep sending for a while: readiness responds 503 at once, requests are served
 * during the grace, and responses close their connection. Then the servers accept nothing new, and what is under way has a
 * limited time.
 */
@Injectable()
export class Drain
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #connections = new OpenConnections();
  #draining = false;
  #signal: string | undefined;
  #grace: Promise<void> | undefined;
  #closed = false;
  #force: NodeJS.Timeout | undefined;
  #unfollow: (() => void) | undefined;

  constructor(
    @Inject(RESOLVED_HEALTH_OPTIONS)
    private readonly options: ResolvedHealthOptions,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ApplicationConfig) config: ApplicationConfig,
    @Inject(FirstHook) firstHook: FirstHook,
  ) {
    if (!options.endsProcess) return;
    // Nest closes the servers of gateways, and waits for their connections.
    onEachGatewayServer(config, (server) => this.#connections.follow(server));
    // Nest 11 closes twice where the application calls app.close() on each of two signals.
    firstHook.run = () => (this.#grace ??= this.#serveOn());
  }

  get draining(): boolean {
    return this.#draining;
  }

  onModuleInit(): void {
    if (!this.options.endsProcess) return;
    onEachHttpServer(this.adapterHost, (server) =>
      this.#connections.followOwn(server),
    );
    this.#unfollow = followShutdownSignals(this.#onSignal);
  }

  readonly #onSignal = (signal: string): void => {
    if (this.#draining) return;
    this.#signal = signal;
    // Other signals may be handled without an end, as to read a configuration again.
    if (signal === 'SIGTERM') this.#begin();
  };

  #begin(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#connections.drain();
  }

  async #serveOn(): Promise<void> {
    this.#begin();
    const { gracefulShutdownTimeoutMs: graceMs } = this.options;
    if (this.#signal === undefined || graceMs === 0) return;
    // A worker, or a microservice alone.
    if (!this.adapterHost.httpAdapter) return;
    new Logger('AllowedHosts').log(
      `${this.#signal}: readiness responds 503, requests are served for ${graceMs} ms more.`,
    );
    await wait(graceMs);
    this.#close();
    await this.#connections.settled();
  }

  /** Without a grace it comes after the hooks of the application, which may have a wait of their own. */
  beforeApplicationShutdown(): void {
    if (!this.options.endsProcess) return;
    this.#begin();
    this.#close();
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#force);
    this.#connections.forget();
    this.#unfollow?.();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connections.close();
    this.#force = setTimeout(
      () => this.#connections.destroy(),
      this.options.forceCloseAfterMs,
    ).unref();
  }
}
