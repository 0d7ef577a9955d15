// Each response has the number of its request, also a refusal.
import { Catch } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { DisallowedHostException } from 'nestjs-allowed-hosts';

const NUMBER = 'x-number';

/** Responds to `X-Number` with the same field, after the milliseconds of `X-Delay`. */
function numbered(request, response, next) {
  const { [NUMBER]: number, 'x-delay': delay } = request.headers;
  if (number !== undefined) response.setHeader(NUMBER, number);
  if (delay === undefined) next();
  else setTimeout(() => next(), Number(delay)).unref();
}

/** Refused requests reach no middleware. */
class NumberedRefusals extends BaseExceptionFilter {
  #adapter;

  constructor(adapter) {
    super(adapter);
    this.#adapter = adapter;
  }

  catch(error, host) {
    const http = host.switchToHttp();
    const { [NUMBER]: number } = http.getRequest().headers;
    if (number !== undefined)
      this.#adapter.setHeader(http.getResponse(), NUMBER, number);
    super.catch(error, host);
  }
}
Catch(DisallowedHostException)(NumberedRefusals);

/** Adds both to an application. */
export function numberResponses(app) {
  app.use(numbered);
  app.useGlobalFilters(new NumberedRefusals(app.getHttpAdapter()));
}
