import { Catch } from '@nestjs/common';

/** A filter of the application that catches everything, and marks the responses that it sends. */
export class Filter {
  #app;

  constructor(app) {
    this.#app = app;
  }

  catch(error, host) {
    if (host.getType() !== 'http') return;
    const status = error.getStatus?.() ?? error.statusCode ?? error.status;
    const body = { message: error.message, filtered: true };
    const response = host.switchToHttp().getResponse();
    const adapter = this.#app.getHttpAdapter();
    if (!adapter.isHeadersSent(response))
      adapter.reply(response, body, status ?? 500);
  }
}
Catch()(Filter);
