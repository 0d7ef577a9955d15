import type { Type } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import {
  checkKeys,
  checkMilliseconds,
  checkOneOf,
} from '../messages/option-checks.js';

/**
 * A check of the user's own that `/health` asks: an injectable class.
 *
 * @example
 * \@Injectable()
 * export class DatabaseIndicator implements HealthIndicator {
 *   constructor(private readonly db: Database, private readonly indicators: HealthIndicatorService) {}
 *   async check() {
 *     const indicator = this.indicators.check('database');
 *     return (await this.db.ping()) ? indicator.up() : indicator.down();
 *   }
 * }
 */
export interface AllowedHostsHealthIndicator {
  check(): HealthIndicatorResult | Promise<HealthIndicatorResult>;
}

/** The health route. */
export interface HealthOptions {
  /**
   * Where it is, below the global prefix if there is one.
   *
   * @default 'health'
   */
  readonly path?: string;
  /**
   * How long traffic is served on after SIGTERM while health says 503, in ms; needs `app.enableShutdownHooks()`.
   *
   * @default 0
   */
  readonly gracefulShutdownTimeoutMs?: number;
  /**
   * Which hosts may ask: the list and what probes send, the list alone, or any.
   *
   * @default 'probes'
   */
  readonly hosts?: 'probes' | 'listed' | 'any';
  /** Checks of your own, as injectable classes. */
  readonly indicators?: readonly Type<AllowedHostsHealthIndicator>[];
}

export type ResolvedHealthOptions = Required<HealthOptions>;

export const RESOLVED_HEALTH_OPTIONS = Symbol('nestjs-allowed-hosts:health');

/** @throws {Error} a sentence that names the option and says what to write instead */
export function resolveHealthOptions(
  given: false | HealthOptions | undefined,
): false | ResolvedHealthOptions {
  if (given === false) return false;
  const options: HealthOptions = checkKeys(
    given ?? {},
    ['path', 'gracefulShutdownTimeoutMs', 'hosts', 'indicators'],
    'health',
  );
  const {
    path = 'health',
    gracefulShutdownTimeoutMs = 0,
    hosts = 'probes',
    indicators = [],
  } = options;
  if (typeof path !== 'string' || !/^\/?[\w.~-]+(?:\/[\w.~-]+)*$/.test(path)) {
    throw new Error(
      `health.path is ${JSON.stringify(path)}: write a plain path such as "health" or "internal/health".`,
    );
  }
  checkMilliseconds(
    gracefulShutdownTimeoutMs,
    'health.gracefulShutdownTimeoutMs',
  );
  checkOneOf(hosts, ['probes', 'listed', 'any'], 'health.hosts');
  if (
    !Array.isArray(indicators) ||
    indicators.some(
      (indicator) => typeof indicator?.prototype?.check !== 'function',
    )
  ) {
    throw new Error(
      'health.indicators holds something else than classes with a check() method: write [DatabaseIndicator].',
    );
  }
  return { path, gracefulShutdownTimeoutMs, hosts, indicators };
}
