import { channel, hasSubscribers } from 'node:diagnostics_channel';
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
import type { Disallowed, Verdict } from '../allowed-hosts.verdict.js';
import { DisallowedHostException } from '../disallowed-host.exception.js';
import { rawRequest, type AnyRequest } from '../frameworks/any-request.js';
import type { HostRequest } from '../hosts/claimed-hosts.js';
import { setRefusalHeaders } from './refusal-headers.js';
import { RefusalLog } from './refusal-log.js';
import { refusalResponse, type RefusalResponse } from './refusal-response.js';
import { refusalOf, type Refusal } from './refusal.js';
import { SeenHosts } from './seen-hosts.js';

/** The `node:diagnostics_channel` that carries each {@link Refusal}. */
export const REFUSAL_CHANNEL = 'nestjs-allowed-hosts:refusal';

/**
 * Reports refusals for gate and guard: to the log, the stream and the channel,
 * and as an exception.
 */
@Injectable()
export class Refusals implements OnApplicationShutdown {
  readonly #stream = new Subject<Refusal>();
  readonly #log: RefusalLog;
  /**
   * Requests that are reported already: the gate may refuse a request at the
   * server and again in the framework.
   */
  readonly #reported = new WeakSet<HostRequest>();

  #refused: RefusalResponse | undefined;
  #unavailable: RefusalResponse | undefined;

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

  /** `false` in report mode, which refuses nothing. */
  get enforced(): boolean {
    return this.options.mode === 'enforce';
  }

  /**
   * Throws if the request is refused. In report mode it never throws.
   *
   * @param rule the rule of the route, which the log mentions
   * @param response gets the headers of the refusal
   * @throws {DisallowedHostException}
   */
  assertAllowed(
    verdict: Verdict,
    request: AnyRequest,
    rule?: RouteRule,
    response?: unknown,
  ): true {
    const refused = this.refuse(verdict, request, rule);
    if (refused === undefined) return true;
    const exception = this.exceptionFor(refused);
    setRefusalHeaders(response, exception);
    throw exception;
  }

  /**
   * Reports a refusal; `undefined` if the request may pass.
   *
   * @param rule the rule of the route, which the log mentions
   */
  refuse(
    verdict: Verdict,
    request: AnyRequest,
    rule?: RouteRule,
  ): Disallowed | undefined {
    if (verdict.allowed) return undefined;
    const raw = rawRequest(request);
    if (!this.#reported.has(raw)) {
      this.#reported.add(raw);
      this.seen?.countRefused(request, verdict.value);
      try {
        this.#report(refusalOf(verdict, raw, this.options, rule));
      } catch {
        // A subscriber that throws must not fail the request.
      }
    }
    return this.enforced ? verdict : undefined;
  }

  /** For a response through the framework. */
  exceptionFor(refused: Disallowed): DisallowedHostException {
    return new DisallowedHostException(refused, this.options.statusCode);
  }

  /** For a response without the framework. An exception takes much longer, because it has a stack. */
  responseTo(refused: Disallowed): RefusalResponse {
    return refused.reason === 'unavailable'
      ? (this.#unavailable ??= refusalResponse(this.exceptionFor(refused)))
      : (this.#refused ??= refusalResponse(this.exceptionFor(refused)));
  }

  onApplicationShutdown(): void {
    this.#log.close();
    this.#stream.complete();
  }

  #report(refusal: Refusal): void {
    this.#log.add(refusal);
    // The name is looked up each time: Node 20 may forget a channel that is not in use, and create another.
    if (hasSubscribers(REFUSAL_CHANNEL))
      channel(REFUSAL_CHANNEL).publish(refusal);
    this.#stream.next(refusal);
  }
}
