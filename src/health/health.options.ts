import type { Type } from '@nestjs/common';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import {
  checkKeys,
  checkMilliseconds,
  checkOneOf,
} from '../messages/option-checks.js';
import { quoted } from '../messages/printable.js';

/**
 * A check of the application's own that the health route runs: an injectable class. On Terminus 12, `check()` may
 * return an `attempt()` as it is.
 *
 * @example
 * \@Injectable()
 * export class DatabaseIndicator implements AllowedHostsHealthIndicator {
 *   constructor(private readonly db: Database, private readonly indicators: HealthIndicatorService) {}
 *   async check() {
 *     const indicator = this.indicators.check('database');
 *     return (await this.db.ping()) ? indicator.up() : indicator.down();
 *   }
 * }
 */
export interface AllowedHostsHealthIndicator {
  check(): HealthIndicatorResult | PromiseLike<HealthIndicatorResult>;
}

/** A decorator of the application for the class of the health routes, such as `@Public()` or `@SkipThrottle()`. */
export type HealthDecorator = (target: Type) => unknown;

/** The health routes, their checks, and the end of the process. */
export interface HealthOptions {
  /**
   * The path of readiness, below the global prefix if there is one; `false` for no route: the other options still
   * work, and `AllowedHostsHealth` serves a controller of the application's own.
   *
   * @default 'health'
   */
  readonly path?: string | false;
  /**
   * The path of liveness, such as `'livez'`. It runs no check, and responds 200 while the process serves.
   *
   * @default false
   */
  readonly livenessPath?: string | false;
  /**
   * Decorators for the class of the routes. Guards, interceptors and filters among them make the routes run through
   * all of Nest's, those of the whole application too; without them, the routes run through none.
   *
   * @default []
   */
  readonly decorators?: readonly HealthDecorator[];
  /**
   * Checks of the application's own, as injectable classes.
   *
   * @default []
   */
  readonly indicators?: readonly Type<AllowedHostsHealthIndicator>[];
  /**
   * How long each check may take, in ms; past it the check is down.
   *
   * @default 3000
   */
  readonly timeoutMs?: number;
  /**
   * How long the result of the checks is served again, in ms.
   *
   * @default 0
   */
  readonly cacheMs?: number;
  /**
   * Whether the response contains what checks report besides `up` and `down`. Their messages may hold host names and
   * passwords, and anybody can request the route by an IP address.
   *
   * @default false
   */
  readonly details?: boolean;
  /**
   * How long requests are served after SIGTERM while readiness responds 503, in ms; needs `app.enableShutdownHooks()`.
   *
   * @default 0
   */
  readonly gracefulShutdownTimeoutMs?: number;
  /**
   * How long requests under way may take after that until their connections are closed, in ms.
   *
   * @default 5000
   */
  readonly forceCloseAfterMs?: number;
  /**
   * Which hosts may request the routes: the list and what probes send, the list alone, or any.
   *
   * @default 'probes'
   */
  readonly hosts?: 'probes' | 'listed' | 'any';
}

export type ResolvedHealthOptions = Required<HealthOptions> & {
  /** `false` with `health: false`: the process ends as without this module. */
  readonly endsProcess: boolean;
};

export const RESOLVED_HEALTH_OPTIONS = Symbol('nestjs-allowed-hosts:health');

const DEFAULTS: Required<HealthOptions> = {
  path: 'health',
  livenessPath: false,
  decorators: [],
  indicators: [],
  timeoutMs: 3000,
  cacheMs: 0,
  details: false,
  gracefulShutdownTimeoutMs: 0,
  forceCloseAfterMs: 5000,
  hosts: 'probes',
};

/** @throws {Error} a sentence that names the option and says what to write instead */
export function resolveHealthOptions(
  given: false | HealthOptions | undefined,
): ResolvedHealthOptions {
  if (given === false) return { ...DEFAULTS, path: false, endsProcess: false };
  const known = checkKeys(given ?? {}, Object.keys(DEFAULTS), 'health');
  const options = { ...DEFAULTS, endsProcess: true };
  for (const [name, value] of Object.entries(known))
    if (value !== undefined) Object.assign(options, { [name]: value });
  checkPaths(options);
  checkClasses(options);
  checkOneOf(options.details, [true, false], 'health.details');
  checkOneOf(options.hosts, ['probes', 'listed', 'any'], 'health.hosts');
  checkMilliseconds(options.timeoutMs, 'health.timeoutMs', 1);
  for (const name of [
    'cacheMs',
    'gracefulShutdownTimeoutMs',
    'forceCloseAfterMs',
  ] as const)
    checkMilliseconds(options[name], `health.${name}`);
  return options;
}

function checkPaths({ path, livenessPath }: ResolvedHealthOptions): void {
  const paths = { path, livenessPath };
  for (const [name, value] of Object.entries(paths)) {
    if (value === false) continue;
    if (typeof value === 'string' && PLAIN_PATH.test(value)) continue;
    throw new Error(
      `health.${name} is ${quoted(value)}: write a plain path such as "${name === 'path' ? 'health' : 'livez'}" or "internal/health", or false for no route.`,
    );
  }
  const [one, other] = [path, livenessPath].map((value) =>
    String(value).replace(/^\//, '').toLowerCase(),
  );
  if (path !== false && one === other)
    throw new Error(
      `health.path and health.livenessPath are both ${quoted(path)}: write two paths, such as "health" and "livez".`,
    );
}

const PLAIN_PATH = /^\/?[\w.~-]+(?:\/[\w.~-]+)*$/;

function checkClasses({ indicators, decorators }: ResolvedHealthOptions): void {
  if (
    !Array.isArray(indicators) ||
    indicators.some(
      (indicator) => typeof indicator?.prototype?.check !== 'function',
    )
  )
    throw new Error(
      'health.indicators must contain only classes with a check() method: write [DatabaseIndicator].',
    );
  if (
    !Array.isArray(decorators) ||
    decorators.some((decorator) => typeof decorator !== 'function')
  )
    throw new Error(
      'health.decorators must contain only decorators: write [Public()], with parentheses.',
    );
}
