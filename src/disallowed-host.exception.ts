import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { Disallowed } from './allowed-hosts.policy.js';

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
  constructor(
    /** Which host was refused and why; for logs, not for the client. */
    readonly verdict: Disallowed,
    status: number,
  ) {
    super(
      {
        statusCode: status,
        message: 'Host not allowed',
        error: STATUS_CODES[status],
      },
      status,
    );
  }
}
