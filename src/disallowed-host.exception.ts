import { STATUS_CODES } from 'node:http';
import { HttpException, HttpStatus } from '@nestjs/common';
import type { Disallowed } from './allowed-hosts.verdict.js';

/**
 * What an exception filter sees of a refused request. The body neither repeats the host nor reveals the list.
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
  /** What `Retry-After` says, in s, where a look-up that failed is at fault and not the client. */
  readonly retryAfter: number | undefined;

  constructor(
    /** Which host was refused and why; for logs, not for the client. */
    readonly verdict: Disallowed,
    status: number,
  ) {
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
    this.retryAfter = unavailable ? 1 : undefined;
  }
}
