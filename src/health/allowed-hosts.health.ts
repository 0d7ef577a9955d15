import {
  Inject,
  Injectable,
  Logger,
  ServiceUnavailableException,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { HealthCheckResult } from '@nestjs/terminus';
import { errorMessage } from '../messages/error-message.js';
import { quoted } from '../messages/printable.js';
import { Drain } from './drain.js';
import { HealthChecks, type HealthCheck } from './health-checks.js';
import {
  RESOLVED_HEALTH_OPTIONS,
  type AllowedHostsHealthIndicator,
  type ResolvedHealthOptions,
} from './health.options.js';
import { HostsIndicator } from './hosts.indicator.js';

/**
 * The health of the application, for controllers of its own. The route of `health.path` responds with the same result.
 *
 * @example
 * \@Controller()
 * export class ReadyController {
 *   constructor(private readonly health: AllowedHostsHealth) {}
 *   \@Get('readyz')
 *   \@AllowProbes()
 *   ready() {
 *     return this.health.check();
 *   }
 * }
 */
@Injectable()
export class AllowedHostsHealth implements OnApplicationBootstrap {
  readonly #logger = new Logger('AllowedHosts');
  #checks: HealthChecks;
  #failing = '';

  /** @hidden Nest calls it. */
  constructor(
    @Inject(RESOLVED_HEALTH_OPTIONS)
    private readonly options: ResolvedHealthOptions,
    @Inject(HostsIndicator) private readonly hosts: HostsIndicator,
    @Inject(Drain) private readonly drain: Drain,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {
    this.#checks = new HealthChecks([checkOf(HostsIndicator, hosts)], options);
  }

  /** @hidden Nest calls it. */
  async onApplicationBootstrap(): Promise<void> {
    const { indicators } = this.options;
    const found = await Promise.all(
      indicators.map(async (indicator) =>
        checkOf(indicator, await this.#find(indicator)),
      ),
    );
    this.#checks = new HealthChecks(
      [checkOf(HostsIndicator, this.hosts), ...found],
      this.options,
    );
  }

  /** Whether the application is about to end: it still serves requests, and wants no new ones. */
  get draining(): boolean {
    return this.drain.draining;
  }

  /**
   * Runs the checks of `health.indicators`, or joins the run that is under way.
   *
   * @returns the result in the form of Terminus
   * @throws {ServiceUnavailableException} with that result, while a check is down or the application is draining
   */
  async check(): Promise<HealthCheckResult> {
    const { result, causes } = this.draining
      ? SHUTTING_DOWN
      : await this.#checks.run();
    // The application may have begun to drain while the checks ran.
    if (this.draining)
      throw new ServiceUnavailableException(SHUTTING_DOWN.result);
    this.#logChange(causes);
    if (result.status === 'error')
      throw new ServiceUnavailableException(result);
    return result;
  }

  /** An indicator may be a provider of any module of the application; else it is made here. */
  async #find(
    indicator: Type<AllowedHostsHealthIndicator>,
  ): Promise<AllowedHostsHealthIndicator> {
    try {
      return this.modules.get(indicator, { strict: false });
    } catch {
      return this.modules.create(indicator).catch((error: unknown) => {
        throw new Error(
          `health.indicators: ${indicator.name} could not be found or instantiated. Add it to the providers of a module of yours; neither it nor what it injects may be request-scoped. ${errorMessage(error)}`,
        );
      });
    }
  }

  /** A probe comes every few seconds: only a change is worth a line. */
  #logChange(causes: ReadonlyMap<string, string>): void {
    const failing = [...causes.keys()].join(', ');
    if (failing === this.#failing) return;
    this.#failing = failing;
    const reasons = [...causes].map(([name, reason]) =>
      reason === '' ? name : `${name} (${reason})`,
    );
    if (failing === '') this.#logger.log('Health is up again.');
    else this.#logger.error(`Health is down: ${reasons.join(', ')}.`);
  }
}

/** @throws {Error} if a provider gives something else than an indicator */
function checkOf(
  { name }: Type,
  indicator: AllowedHostsHealthIndicator | null | undefined,
): HealthCheck {
  if (typeof indicator?.check === 'function')
    return { name, check: () => indicator.check() };
  throw new Error(
    `health.indicators: the provider of ${name} gives ${quoted(indicator)}: let it give an object with a check() method, or leave the class out.`,
  );
}

const SHUTTING_DOWN = {
  result: { status: 'shutting_down', info: {}, error: {}, details: {} },
  causes: new Map<string, string>(),
} as const;
