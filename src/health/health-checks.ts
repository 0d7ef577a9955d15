import type {
  HealthCheckResult,
  HealthIndicatorResult,
} from '@nestjs/terminus';
import { reasonOf } from '../messages/failure-log.js';

/** The result of all checks, and why each of those that are down is. */
export interface HealthRun {
  readonly result: HealthCheckResult;
  readonly causes: ReadonlyMap<string, string>;
}

/** A check, and the name of its result if it fails without one. */
export interface HealthCheck {
  readonly name: string;
  readonly check: () => unknown;
}

export interface HealthChecksOptions {
  readonly timeoutMs: number;
  readonly cacheMs: number;
  readonly details: boolean;
}

/** Runs checks within a time limit. One run is in progress at a time, and serves all requests that arrive meanwhile. */
export class HealthChecks {
  readonly #checks: readonly HealthCheck[];
  readonly #options: HealthChecksOptions;
  #latest: Promise<HealthRun> | undefined;

  constructor(checks: readonly HealthCheck[], options: HealthChecksOptions) {
    this.#checks = checks;
    this.#options = options;
  }

  /** The promise never rejects. */
  run(): Promise<HealthRun> {
    this.#latest ??= this.#run().finally(() => this.#expire());
    return this.#latest;
  }

  #expire(): void {
    const { cacheMs } = this.#options;
    if (cacheMs === 0) this.#latest = undefined;
    else setTimeout(() => (this.#latest = undefined), cacheMs).unref();
  }

  async #run(): Promise<HealthRun> {
    const causes = new Map<string, string>();
    const all: HealthIndicatorResult = {};
    const results = await Promise.all(
      this.#checks.map((check) => this.#settle(check, causes)),
    );
    for (const [key, entry] of results.flatMap((one) => Object.entries(one)))
      if (severityOf(entry) > severityOf(all[key])) all[key] = entry;
    return { result: this.#summary(all), causes };
  }

  async #settle(
    { name, check }: HealthCheck,
    causes: Map<string, string>,
  ): Promise<HealthIndicatorResult> {
    try {
      const result: unknown = await this.#limited(check);
      if (!isResult(result))
        throw new Error(
          `${name}.check() returned no result of Terminus: return { database: { status: 'up' } } or 'down'`,
        );
      for (const [key, { status, message }] of Object.entries(result))
        if (status === 'down') causes.set(key, reasonFor(message));
      return result;
    } catch (error) {
      causes.set(name, reasonOf(error));
      return { [name]: { status: 'down', message: 'the check failed' } };
    }
  }

  async #limited(check: HealthCheck['check']): Promise<unknown> {
    const { timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new Error(`no result within health.timeoutMs (${timeoutMs} ms)`),
        );
      }, timeoutMs).unref();
    });
    try {
      return await Promise.race([check(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #summary(all: HealthIndicatorResult): HealthCheckResult {
    const shown = this.#options.details ? all : withoutDetails(all);
    const entries = Object.entries(shown);
    const isDown = ([, { status }]: (typeof entries)[number]) =>
      status === 'down';
    const down = entries.filter(isDown);
    // Terminus 11 has no "degraded" in its types.
    const degraded = entries.some(
      ([, { status }]) => (status as string) === 'degraded',
    );
    const status =
      down.length > 0 ? 'error' : degraded ? ('degraded' as 'ok') : 'ok';
    return {
      status,
      info: Object.fromEntries(entries.filter((entry) => !isDown(entry))),
      error: Object.fromEntries(down),
      details: shown,
    };
  }
}

/** A degraded part serves: that is `up` to a load balancer. */
function withoutDetails(all: HealthIndicatorResult): HealthIndicatorResult {
  return Object.fromEntries(
    Object.entries(all).map(([key, { status }]) => [
      key,
      { status: status === 'down' ? 'down' : 'up' } as const,
    ]),
  );
}

function isResult(value: unknown): value is HealthIndicatorResult {
  const parts: unknown[] =
    typeof value === 'object' && value !== null ? Object.values(value) : [];
  return (
    parts.length > 0 &&
    parts.every(
      (part) =>
        typeof part === 'object' &&
        part !== null &&
        STATUSES.includes((part as { status?: unknown }).status),
    )
  );
}

/** Of two results with the same name, the worse one counts. */
function severityOf(part: { readonly status: unknown } | undefined): number {
  return STATUSES.indexOf(part?.status);
}

const STATUSES: readonly unknown[] = ['up', 'degraded', 'down'];

function reasonFor(message: unknown): string {
  return typeof message === 'string' ? reasonOf(message) : '';
}
