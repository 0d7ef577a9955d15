import { channel } from 'node:diagnostics_channel';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Subject } from 'rxjs';
import {
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from '../allowed-hosts.options.js';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import type { Verdict } from '../allowed-hosts.verdict.js';
import { type AnyRequest, rawRequest } from '../frameworks/any-request.js';
import { DisallowedHostException } from '../disallowed-host.exception.js';
import { setRefusalHeaders } from './refusal-headers.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { type Refusal, refusalOf } from './refusal.js';
import { RefusalLog } from './refusal-log.js';
import { SeenHosts } from './seen-hosts.js';

/** The `node:diagnostics_channel` that carries each {@link Refusal}. */
export const REFUSAL_CHANNEL = 'nestjs-allowed-hosts:refusal';

/** What follows a refusal, for gate and guard alike: the log, the stream, the channel, the exception. */
@Injectable()
export class Refusals implements OnApplicationShutdown {
  readonly #stream = new Subject<Refusal>();
  readonly #channel = channel(REFUSAL_CHANNEL);
  readonly #log: RefusalLog;
  /** A request is told once, though the gate refuses it at the server and again in the framework, or the guard does. */
  readonly #told = new WeakSet<HostRequest>();

  readonly refusals$ = this.#stream.asObservable();

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SeenHosts) private readonly seen: SeenHosts | null,
  ) {
    this.#log = new RefusalLog(
      new Logger('AllowedHosts'),
      options.mode === 'report' ? 'Would refuse' : 'Refused',
    );
  }

  /** `false` in report mode, in which nothing is refused. */
  get enforced(): boolean {
    return this.options.mode === 'enforce';
  }

  /**
   * `true` for an allowed request, and in report mode for every one.
   *
   * @param rule the route's own rule, which the log names
   * @param response gets the headers of a refusal
   * @throws {DisallowedHostException}
   */
  assertAllowed(
    verdict: Verdict,
    request: AnyRequest,
    rule?: RouteRule,
    response?: unknown,
  ): true {
    const exception = this.exceptionFor(verdict, request, rule);
    if (exception === undefined) return true;
    setRefusalHeaders(response, exception);
    throw exception;
  }

  /** What to answer to the request, once the refusal has been told; `undefined` where it is let through. */
  exceptionFor(
    verdict: Verdict,
    request: AnyRequest,
    rule?: RouteRule,
  ): DisallowedHostException | undefined {
    if (verdict.allowed) return undefined;
    const raw = rawRequest(request);
    if (!this.#told.has(raw)) {
      this.#told.add(raw);
      this.seen?.refuse(request, verdict.value);
      try {
        this.#tell(refusalOf(verdict, raw, this.options, rule));
      } catch {
        // A subscriber to the channel that throws must not fail the request.
      }
    }
    return this.enforced
      ? new DisallowedHostException(verdict, this.options.statusCode)
      : undefined;
  }

  onApplicationShutdown(): void {
    this.#log.close();
    this.#stream.complete();
  }

  #tell(refusal: Refusal): void {
    this.#log.add(refusal);
    if (this.#channel.hasSubscribers) this.#channel.publish(refusal);
    this.#stream.next(refusal);
  }
}
