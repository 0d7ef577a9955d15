// disallowed-host.filter.ts
import { Catch, type ArgumentsHost, type HttpServer } from '@nestjs/common';
import { DisallowedHostException } from '../../../src/index.js';

@Catch(DisallowedHostException)
export class DisallowedHostFilter {
  constructor(private readonly adapter: HttpServer) {}

  catch(exception: DisallowedHostException, host: ArgumentsHost) {
    const response: unknown = host.switchToHttp().getResponse();
    this.adapter.reply(response, 'Unknown host', exception.getStatus());
  }
}
