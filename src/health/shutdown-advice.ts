import type { EventEmitter } from 'node:events';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { thisMachine } from '../addresses/machine.js';
import { detectPlatform } from '../addresses/platform.js';
import { onEachHttpServer } from '../frameworks/http-servers.js';
import {
  RESOLVED_HEALTH_OPTIONS,
  type ResolvedHealthOptions,
} from './health.options.js';
import { hasKeepAlive } from './keep-alive.js';
import { listenersOf } from './shutdown-signals.js';

/** Logs at start what would lose requests at the end, or between requests. */
@Injectable()
export class ShutdownAdvice implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('AllowedHosts');
  #answers503 = false;
  #started = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(RESOLVED_HEALTH_OPTIONS)
    private readonly options: ResolvedHealthOptions,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {
    adapterHost.init$.subscribe(() => this.#readServerOptions());
  }

  onModuleInit(): void {
    onEachHttpServer(this.adapterHost, (server) =>
      server.once('listening', () => this.#onListening(server)),
    );
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#timer);
  }

  /** Nest's adapter keeps `return503OnClosing` to itself. */
  #readServerOptions(): void {
    const { httpAdapter: adapter } = this.adapterHost;
    if (!adapter) return;
    const init = adapter.initHttpServer.bind(adapter);
    adapter.initHttpServer = (options) => {
      const { return503OnClosing } = options as {
        return503OnClosing?: unknown;
      };
      this.#answers503 = return503OnClosing === true;
      return init(options);
    };
  }

  #onListening(server: EventEmitter): void {
    if (this.#started) return;
    this.#started = true;
    this.#adviseOnKeepAlive(server);
    const { gracefulShutdownTimeoutMs: graceMs } = this.options;
    if (graceMs === 0) return;
    if (this.#answers503)
      this.#logger.warn(
        'return503OnClosing responds 503 to every request during health.gracefulShutdownTimeoutMs, which loses them: remove return503OnClosing.',
      );
    const otherMs = this.#graceOfTerminus();
    if (otherMs > 0)
      this.#logger.warn(
        `TerminusModule waits for its own gracefulShutdownTimeoutMs (${otherMs} ms) after health.gracefulShutdownTimeoutMs (${graceMs} ms), and refuses connections in that time: remove gracefulShutdownTimeoutMs from TerminusModule.forRoot().`,
      );
    // Shutdown hooks may be enabled after the application listens.
    this.#timer = setTimeout(() => {
      if (listenersOf('SIGTERM') === 0)
        this.#logger.warn(
          'health.gracefulShutdownTimeoutMs has no effect, because nothing handles SIGTERM: call app.enableShutdownHooks().',
        );
    }, HOOKS_MS).unref();
  }

  #adviseOnKeepAlive(server: EventEmitter): void {
    const { platform, onEc2 } = detectPlatform(thisMachine());
    if (platform === 'none' && !onEc2) return;
    if (!hasKeepAlive(server)) return;
    const { keepAliveTimeout: ms } = server;
    if (ms === 0 || ms >= LOAD_BALANCER_MS) return;
    this.#logger.warn(
      `The server closes idle connections after ${ms} ms, and load balancers reuse them for 60 s, so some requests end with 502: write keepAliveTimeoutMs: 65_000 next to health.`,
    );
  }

  #graceOfTerminus(): number {
    const waits = [...this.modules.values()].map((module) => {
      const provider = module.providers.get('TERMINUS:MODULE_OPTIONS');
      const { gracefulShutdownTimeoutMs: ms } = (provider?.instance ?? {}) as {
        gracefulShutdownTimeoutMs?: unknown;
      };
      return typeof ms === 'number' ? ms : 0;
    });
    return Math.max(0, ...waits);
  }
}

/** How long after the start shutdown hooks are looked for. */
const HOOKS_MS = 1000;
const LOAD_BALANCER_MS = 60_000;
