import { Readable } from 'node:stream';
import { record } from './record.mjs';

const BODY = 'middleware';

/** Middleware that responds by itself where a request asks for it, in each way that Node offers. */
const responses = {
  end: (response) => response.end(BODY),
  head: (response) =>
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end(BODY),
  write: (response) => {
    response.write(BODY.slice(0, 6));
    setImmediate(() => response.end(BODY.slice(6)));
  },
  pipe: (response) => Readable.from([BODY]).pipe(response),
  redirect: (response) =>
    response.writeHead(302, { Location: '/hello' }).end(BODY),
  flush: (response) => {
    response.flushHeaders();
    response.end(BODY);
  },
  none: (response) => {
    response.statusCode = 204;
    response.end();
  },
};

/** Mounted on a path that a route with a rule reaches with a parameter. */
export function mounted(request, response) {
  record('mounted', request);
  response.end(BODY);
}

export function middleware(request, response, next) {
  record('middleware', request);
  const respond = responses[request.headers['x-respond']];
  if (respond) respond(response);
  else next();
}
