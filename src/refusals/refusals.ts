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
import {
  type AnyRequest,
  type Disallowed,
  rawRequest,
  type Verdict,
} from '../allowed-hosts.policy.js';
import { DisallowedHostException } from '../disallowed-host.exception.js';
import { type Refusal, refusalOf } from './refusal.js';
import { RefusalLog } from './refusal-log.js';

/** The `node:diagnostics_channel` that carries each {@link Refusal}. */
export const REFUSAL_CHANNEL = 'nestjs-allowed-hosts:refusal';

/** What follows a refusal, for gate and guard alike: the log, the stream, the channel, the exception. */
@Injectable()
export class Refusals implements OnApplicationShutdown {
  readonly #stream = new Subject<Refusal>();
  readonly #channel = channel(REFUSAL_CHANNEL);
  readonly #log: RefusalLog;
  /** In report mode a request passes the gate with a verdict that the guard meets again. */
  readonly #reported = new WeakSet<Disallowed>();

  readonly refusals$ = this.#stream.asObservable();

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.#log = new RefusalLog(
      new Logger('AllowedHosts'),
      options.mode === 'report' ? 'Would refuse' : 'Refused',
    );
  }

  /**
   * `true` for an allowed request, and in report mode for every one.
   *
   * @throws {DisallowedHostException}
   */
  pass(verdict: Verdict, request: AnyRequest): true {
    const exception = this.refuse(verdict, request);
    if (exception) throw exception;
    return true;
  }

  /** What to answer to the request, once the refusal has been told; `undefined` where it is let through. */
  refuse(
    verdict: Verdict,
    request: AnyRequest,
  ): DisallowedHostException | undefined {
    if (verdict.allowed) return undefined;
    const enforced = this.options.mode === 'enforce';
    if (!this.#reported.has(verdict)) {
      this.#reported.add(verdict);
      try {
        this.#tell(refusalOf(verdict, rawRequest(request), enforced));
      } catch {
        // A logger or a subscriber that fails must not make a crash of a refusal.
      }
    }
    return enforced
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
