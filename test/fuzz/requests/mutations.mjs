// Mutations of requests over HTTP/1.1 and over HTTP/2.
import { forwarded, xForwardedHost } from './forwarded.mjs';
import { ALLOWED, hostValue } from './hosts.mjs';
import { mutatedTarget } from './targets.mjs';

const ODD_METHODS = [
  'OPTIONS',
  'TRACE',
  'PATCH',
  'PROPFIND',
  'M-SEARCH',
  'QUERY',
  'FOO',
  'get',
  'GET\t',
];
const TYPES = [
  'application/json',
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'x',
];
/** How the application's middleware responds instead of the route; see server/middleware.mjs. */
const RESPONSES = ['end', 'head', 'write', 'pipe', 'redirect', 'flush', 'none'];

export const mutations = [
  function target(request, random) {
    request.target = mutatedTarget(request, random);
  },
  function method(request, random) {
    request.method = random.pick(ODD_METHODS);
    if (request.method !== 'OPTIONS' || random.chance(0.2)) return;
    request.fields.push(['Origin', 'https://other.example']);
    request.fields.push(['Access-Control-Request-Method', 'POST']);
    if (random.chance(0.2)) request.target = '*';
  },
  function forwardedHosts(request, random) {
    const name = random.pick(['X-Forwarded-Host', 'x-forwarded-host']);
    for (let lines = 1 + random.below(2); lines > 0; lines--)
      request.fields.push([name, xForwardedHost(random)]);
  },
  function allowedForwardedHosts(request, random) {
    const value = `${random.pick(ALLOWED)}, ${random.pick(ALLOWED)}`;
    request.fields.push(['X-Forwarded-Host', value]);
  },
  function forwardedLine(request, random) {
    const line = forwarded(random);
    request.fields.push(['Forwarded', line.text]);
    request.forwarded.push(line);
  },
  function middleware(request, random) {
    if (request.respondedByMiddleware) return;
    request.fields.push(['X-Respond', random.pick(RESPONSES)]);
    request.respondedByMiddleware = true;
  },
  function otherFields(request, random) {
    const value = hostValue(random);
    request.fields.push(
      random.pick([
        ['X-Host', value],
        ['X-Forwarded-Server', value],
        ['X-Original-Host', value],
        ['Hosts', value],
        ['__proto__', value],
        ['constructor', value],
        ['Origin', 'http://evil.example'],
        ['X-Forwarded-For', '10.0.0.1, 127.0.0.1'],
        ['Connection', 'Host'],
      ]),
    );
  },
  function body(request, random) {
    if (request.body !== undefined) return;
    request.method = random.pick(['POST', 'POST', 'PUT', 'GET', 'DELETE']);
    if (request.method === 'POST' && random.chance(0.5))
      request.target = '/echo';
    // The server must not serve a request inside a body.
    const inner = `GET /any HTTP/1.1\r\nHost: example.com\r\nX-Fuzz: in-${request.index}\r\n\r\n`;
    request.body = random.pick([
      '{"a":1}',
      '{"a":',
      '',
      inner,
      'a=1&b[c]=2',
      '\xff'.repeat(9),
    ]);
    request.fields.push(['Content-Type', random.pick(TYPES)]);
    if (random.chance(0.25)) {
      request.alone = true;
      const expected = random.chance(0.8) ? '100-continue' : '200-ok';
      request.fields.push(['Expect', expected]);
    }
  },
  function abort(request, random) {
    if (random.chance(0.8)) return;
    request.alone = true;
    request.aborted = true;
  },
];
