import { STATUS_CODES } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';
import type { Disallowed } from './allowed-hosts.verdict.js';
import { detachString } from './hosts/detach-string.js';

/**
 * The exception of a refused request, for exception filters. Its body neither repeats the host nor reveals the list.
 *
 * @example
 * \@Catch(DisallowedHostException)
 * export class DisallowedHostFilter implements ExceptionFilter {
 *   catch(exception: DisallowedHostException, host: ArgumentsHost) {
 *     host.switchToHttp().getResponse().status(exception.getStatus()).send('Unknown host');
 *   }
 * }
 */
export class DisallowedHostException extends HttpException {
  /** The value of `Retry-After` in seconds, where `lookup` or a predicate failed and the client is not at fault. */
  readonly retryAfter: number | undefined;

  /** Which host was refused and why; for logs, not for the client. */
  readonly verdict: Disallowed;

  constructor(verdict: Disallowed, status: number) {
    const unavailable = verdict.reason === 'unavailable';
    const statusCode = unavailable ? HttpStatus.SERVICE_UNAVAILABLE : status;
    super(
      {
        statusCode,
        message: unavailable ? 'Host cannot be checked' : 'Host not allowed',
        error: STATUS_CODES[statusCode],
      },
      statusCode,
    );
    // An error tracker may keep the exception: it must not keep the request's headers with it.
    this.verdict =
      verdict.value === undefined
        ? verdict
        : { ...verdict, value: detachString(verdict.value) };
    this.retryAfter = unavailable ? 1 : undefined;
  }
}
