import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  ServiceUnavailableException,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  HealthCheckService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { errorMessage } from '../messages/error-message.js';
import { Drain } from './drain.js';
import {
  type AllowedHostsHealthIndicator,
  RESOLVED_HEALTH_OPTIONS,
  type ResolvedHealthOptions,
} from './health.options.js';
import { HostsIndicator } from './hosts.indicator.js';

/** Runs the checks through Terminus; says 503 while the application drains. */
@Injectable()
export class HealthService implements OnApplicationBootstrap {
  readonly #logger = new Logger('AllowedHosts');
  #indicators: readonly AllowedHostsHealthIndicator[] = [];
  #failing = '';

  constructor(
    @Inject(RESOLVED_HEALTH_OPTIONS)
    private readonly options: false | ResolvedHealthOptions,
    @Inject(HealthCheckService) private readonly terminus: HealthCheckService,
    @Inject(HostsIndicator) private readonly hosts: HostsIndicator,
    @Inject(Drain) private readonly drain: Drain,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const classes = this.options === false ? [] : this.options.indicators;
    this.#indicators = [
      this.hosts,
      ...(await Promise.all(classes.map((indicator) => this.#find(indicator)))),
    ];
  }

  /** @throws {ServiceUnavailableException} with the Terminus result, when a check is down or the application drains */
  async check(): Promise<HealthCheckResult> {
    if (this.drain.draining) {
      throw new ServiceUnavailableException({
        status: 'shutting_down',
        info: {},
        error: {},
        details: {},
      });
    }
    try {
      const result = await this.terminus.check(
        this.#indicators.map((indicator) => () => this.#settle(indicator)),
      );
      this.#tell('');
      return result;
    } catch (error) {
      if (error instanceof ServiceUnavailableException)
        this.#tell(failingIn(error.getResponse()));
      throw error;
    }
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
          `health.indicators: ${indicator.name} is no provider of the application and cannot be made without one. Add it to the providers of a module of yours. ${errorMessage(error)}`,
        );
      });
    }
  }

  /** Terminus answers 500 to an indicator that throws; a load balancer should see a check that is down. */
  async #settle(
    indicator: AllowedHostsHealthIndicator,
  ): Promise<HealthIndicatorResult> {
    try {
      return await indicator.check();
    } catch (error) {
      this.#logger.debug(error);
      return {
        [indicator.constructor.name]: {
          status: 'down',
          message: 'the check failed',
        },
      };
    }
  }

  /** A probe comes every few seconds: only a change is worth a line. */
  #tell(failing: string): void {
    if (failing === this.#failing) return;
    if (failing !== '') this.#logger.error(`Health is down: ${failing}.`);
    else this.#logger.log('Health is up again.');
    this.#failing = failing;
  }
}

function failingIn(response: string | object): string {
  return Object.keys((response as Partial<HealthCheckResult>).error ?? {}).join(
    ', ',
  );
}
