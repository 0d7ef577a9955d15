// Makes raw requests: a valid request with up to three mutations.
import { randomFor } from './random.mjs';

const allowed = [
  'example.com',
  'EXAMPLE.com',
  'example.com.',
  'example.com:8443',
  'example.com:65535',
  'example.org',
  'a.example.org',
  'A_b.c.example.org.:1',
  'x.example.net',
  'pin.example.com:8443',
  'tenant-7.example.dev',
  '10.0.3.4',
  '10.0.255.255:80',
  '[fd00::1]',
  '[FD12:0:0::9]:3000',
  '[2001:db8::1]',
  '[2001:DB8:0:0:0:0:0:1]:80',
];
const foreign = [
  'evil.example',
  'admin.example.com',
  'slow.example',
  'localhost',
  'localhost:3000',
  'example.net',
  'example.com.evil.example',
  'evilexample.org',
  'a.example.com',
  'pin.example.com',
  'pin.example.com:8444',
  'tenant-.example.dev',
  'tenant-7.example.dev.evil.example',
  'xn--exmple-cua.com',
  '127.0.0.1',
  '10.1.0.1',
  '11.0.0.1:80',
  '[::1]',
  '[fe80::1]',
  '[2001:db8::2]',
  '[::ffff:10.0.0.1]',
  '[::10.0.0.1]',
];
const malformed = [
  '',
  ' ',
  '*',
  '127.1',
  '0x7f000001',
  '2130706433',
  '0177.0.0.1',
  '10.0.0.01',
  '10.0.0.1.',
  '10.0.0.256',
  '1.2.3.4.5',
  'example.0x',
  'example.com:',
  'example.com:65536',
  'example.com:000080',
  'example.com:x',
  'example.com:-1',
  'example.com:80:80',
  'user@example.com',
  'example.com@evil.example',
  'example.com:80@evil.example',
  'example.com/',
  'example.com\\evil.example',
  'example.com?evil.example',
  'example.com#evil.example',
  'example.com, evil.example',
  'example.com,example.com',
  'example.com evil.example',
  'example.com\tevil.example',
  'example.com;evil.example',
  'http://example.com',
  '"example.com"',
  '%65xample.com',
  'example.com%00',
  'ex\xe4mple.com',
  'example.com\xa0',
  '\xa0example.com',
  '\xef\xbb\xbfexample.com',
  'example.com\x85',
  'example.com\x0b',
  'example.com\x01',
  'example.com\x7f',
  '.example.com',
  'example..com',
  'example.com..',
  'fd00::1',
  '[fd00::1',
  '[fd00::1]x',
  '[fd00::1]:',
  '[fd00::1]:99999',
  '[fd00::1%eth0]',
  '[fd00::1%25eth0]',
  '[v1.fd00]',
  '[]',
  '[10.0.0.1]',
  '[fd00:::1]',
  '[1:2:3:4:5:6:7:8:9]',
  '__proto__',
  'constructor',
];
const alphabet = 'aZ0_-.:[]@/\\?#%,;= \t"\xa0\xe4\xad\xff\x7f';

function hostValue(random) {
  const kind = random.below(100);
  if (kind < 55) return random.pick(allowed);
  if (kind < 70) return random.pick(foreign);
  if (kind < 85) return random.pick(malformed);
  if (kind < 97)
    return mangled(random, random.pick(random.chance(0.8) ? allowed : foreign));
  const long = 'a'.repeat(random.pick([63, 64, 200]));
  return random.pick([
    `${long}.example.org`,
    `${'a.'.repeat(random.pick([120, 121, 122, 3000]))}example.org`,
    `example.com:${'0'.repeat(random.pick([2, 4, 900]))}80`,
    `[${'0:'.repeat(random.pick([7, 8, 500]))}1]`,
  ]);
}

/** Changes ASCII letters only: toUpperCase() maps some latin1 characters to others outside latin1. */
const upperCase = (text) =>
  text.replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** Inserts, removes or replaces one or two characters, or turns the rest to upper case. */
function mangled(random, text) {
  let result = text;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(result.length + 1);
    const before = result.slice(0, at);
    const character = random.pick(alphabet);
    result = random.pick([
      () => before + character + result.slice(at),
      () => before + result.slice(at + 1),
      () => before + character + result.slice(at + 1),
      () => before + upperCase(result.slice(at)),
    ])();
  }
  return result;
}

const paths = [
  '/hello',
  '/hello',
  '/hello?q=1',
  '/echo',
  '/admin',
  '/ready',
  '/any',
  '/health',
  '/nothing',
  '/',
  '/ws',
];
const oddPaths = [
  '/ADMIN/',
  '//health',
  '/x/ready',
  '/x/any?y',
  '/hello?x=/any',
  '/hello#/any',
  '/hello;/any',
  '/hello/../any',
  '/hello/%2e%2e/any',
  '/%61ny',
  '/any%2f',
  '/any%',
  '/%zz',
  '/%ff/any',
  '//evil.example/hello',
  '/\\evil.example/any',
  '/http://evil.example/any',
  '/any\xe9',
  '/%c3%28',
  `/${'x'.repeat(2000)}`,
];

const targetMutations = [
  ({ path }, random) =>
    random.pick(oddPaths) + (random.chance(0.1) ? path : ''),
  // Absolute forms that match Host:
  ({ host, path }, random) =>
    `${random.pick(['http', 'HTTP', 'https', 'ws', 'foo'])}://${host}${path}`,
  ({ host, path }) => `http://${host}:80${path}`,
  ({ host, path }) => `https://${upperCase(host)}:443${path}`,
  ({ host, path }) => `http://${host.replace(/:80$/, '')}${path}`,
  // Absolute forms that do not match Host, or match it only by chance:
  ({ path }, random) => `http://${hostValue(random)}${path}`,
  ({ host, path }) => `http://user@${host}${path}`,
  ({ host, path }) => `http://${host}@evil.example${path}`,
  ({ host, path }) => `http://${host}\\@evil.example${path}`,
  ({ host }, random) => `http://${host}${random.pick(['', '?x', '#x', '//'])}`,
  ({ path }) => `http://${path}`,
  ({ path }) => `http:${path}`,
  ({ path }, random) => mangled(random, path),
  ({ host }) => host,
  () => '*',
  ({ path }) => `*${path}`,
  ({ path }) => path.slice(1) || '-',
];

const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE'];
const oddMethods = [
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

function forwardedHosts(random) {
  const entries = Array.from({ length: random.below(4) }, () =>
    random.chance(0.1) ? '' : hostValue(random),
  );
  return entries.join(random.pick([',', ', ', ' , ', ',\t', ',,']));
}

/** Returns a Forwarded header with the hosts that it names and whether it is malformed, so that the oracle needs no parser. */
function forwarded(random) {
  const hosts = Array.from({ length: random.below(3) }, () =>
    hostValue(random),
  );
  const elements = hosts.map((host) => {
    const quoted = `"${host.replace(/["\\]/g, '\\$&')}"`;
    const value = /^[\w.-]+$/.test(host) && random.chance(0.7) ? host : quoted;
    return random.pick([
      `host=${value}`,
      `for=192.0.2.1;HOST=${value}`,
      `for="[2001:db8::9]:1" ; host=${value};proto=https`,
      `for=[2001:db8::9]:80;host=${value};proto=https`,
      `Host=${value};by="x,host=y"`,
    ]);
  });
  const broken = random.chance(0.1);
  if (broken)
    elements.push(
      random.pick([
        'host="x',
        'host',
        'host=a b',
        'host==',
        'for="x',
        'for=a"b',
        'for="a"b',
      ]),
    );
  if (elements.length === 0 || random.chance(0.2))
    elements.push(
      random.pick(['for=_x', 'proto=http', '=x', 'for=2001:db8::1', 'x']),
    );
  return {
    text: elements.join(random.pick([',', ', ', ' , '])),
    hosts,
    broken,
  };
}

const mutations = [
  function target(request, random) {
    request.target = random.pick(targetMutations)(request, random);
  },
  function manyHosts(request, random) {
    request.hosts = Array.from({ length: random.pick([0, 2, 2, 3]) }, () =>
      random.chance(0.5) ? request.host : hostValue(random),
    );
  },
  function oddHostLine(request, random) {
    request.hostName = random.pick([
      'host',
      'HOST',
      'hOsT',
      'Host ',
      'H\xf6st',
    ]);
    request.padding = random.pick([' ', '', '  ', '\t']);
  },
  function method(request, random) {
    request.method = random.pick(oddMethods);
    if (request.method !== 'OPTIONS' || random.chance(0.2)) return;
    request.lines.push('Origin: https://other.example');
    request.lines.push('Access-Control-Request-Method: POST');
    if (random.chance(0.2)) request.target = '*';
  },
  function connect(request, random) {
    request.method = 'CONNECT';
    request.target = random.chance(0.6) ? request.host : hostValue(random);
    request.alone = true;
  },
  function upgrade(request, random) {
    request.method = random.chance(0.95) ? 'GET' : request.method;
    if (random.chance(0.8)) request.target = '/ws';
    request.lines.push(
      `Upgrade: ${random.pick(['websocket', 'websocket', 'h2c'])}`,
    );
    request.lines.push(
      `Connection: ${random.chance(0.9) ? 'Upgrade' : 'keep-alive'}`,
    );
    request.lines.push('Sec-WebSocket-Version: 13');
    request.lines.push('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
    request.alone = true;
  },
  function http10(request, random) {
    request.version = random.pick(['1.0', '1.0', '1.0', '0.9', '2.0']);
    if (random.chance(0.4)) request.hosts = [];
    request.alone = true;
  },
  function xForwardedHost(request, random) {
    const name = random.pick(['X-Forwarded-Host', 'x-forwarded-host']);
    for (let lines = 1 + random.below(2); lines > 0; lines--)
      request.lines.push(`${name}: ${forwardedHosts(random)}`);
  },
  function xForwardedHostAgain(request, random) {
    request.lines.push(
      `X-Forwarded-Host: ${random.pick(allowed)}, ${random.pick(allowed)}`,
    );
  },
  function forwardedLine(request, random) {
    const line = forwarded(random);
    request.lines.push(`Forwarded: ${line.text}`);
    request.forwarded.push(line);
  },
  function noise(request, random) {
    const value = hostValue(random);
    request.lines.push(
      random.pick([
        `X-Host: ${value}`,
        `X-Forwarded-Server: ${value}`,
        `X-Original-Host: ${value}`,
        `Hosts: ${value}`,
        `__proto__: ${value}`,
        `constructor: ${value}`,
        `Origin: http://evil.example`,
        `X-Forwarded-For: 10.0.0.1, 127.0.0.1`,
        `Connection: Host`,
      ]),
    );
  },
  function body(request, random) {
    if (request.body !== '') return;
    request.method = random.pick(['POST', 'POST', 'PUT', 'GET', 'DELETE']);
    if (request.method === 'POST' && random.chance(0.5))
      request.target = '/echo';
    // The server must not serve a request inside a body.
    const inner = `GET /any HTTP/1.1\r\nHost: example.com\r\nX-Fuzz: in-${request.index}\r\n\r\n`;
    const text = random.pick([
      '{"a":1}',
      '{"a":',
      '',
      inner,
      'a=1&b[c]=2',
      '\xff'.repeat(9),
    ]);
    request.lines.push(
      `Content-Type: ${random.pick(['application/json', 'application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x'])}`,
    );
    if (random.chance(0.25)) {
      request.alone = true;
      request.lines.push(
        `Expect: ${random.chance(0.8) ? '100-continue' : '200-ok'}`,
      );
    }
    if (random.chance(0.5)) {
      request.lines.push(`Content-Length: ${text.length}`);
      request.body = text;
    } else {
      const trailer = random.chance(0.3) ? 'Host: evil.example\r\n' : '';
      const size = text.length.toString(16);
      request.lines.push('Transfer-Encoding: chunked');
      request.body = `${text && `${size}\r\n${text}\r\n`}0\r\n${trailer}\r\n`;
    }
    if (random.chance(0.03)) {
      request.lines.push('Content-Length: 3');
      request.alone = true;
    }
    if (random.chance(0.03)) {
      request.body = request.body.slice(0, -2);
      request.alone = true;
      request.cut = true;
    }
  },
];

/** Returns request `index` of a seed, which is always the same. */
export function makeRequest(seed, index) {
  const random = randomFor(seed, index);
  const host = hostValue(random);
  const path = random.pick(paths);
  const request = {
    index,
    host,
    path,
    method: random.pick(methods),
    target: path,
    version: '1.1',
    hosts: [host],
    hostName: 'Host',
    padding: ' ',
    lines: [],
    forwarded: [],
    body: '',
    alone: false,
    cut: false,
  };
  for (let times = random.below(4); times > 0; times--)
    random.pick(mutations)(request, random);
  return finished(request, random);
}

function finished(request, random) {
  const lines = [`X-Fuzz: ${request.index}`, ...request.lines];
  for (const [i, host] of request.hosts.entries()) {
    const name =
      i === 0 ? request.hostName : random.pick(['Host', 'host', 'HOST']);
    lines.splice(
      random.below(lines.length + 1),
      0,
      `${name}:${request.padding}${host}`,
    );
  }
  const { method, target, version, body } = request;
  const bytes = `${method} ${target} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
  return {
    index: request.index,
    method,
    target,
    lines,
    forwarded: request.forwarded,
    alone:
      request.alone ||
      !/^[\x20-\xff\r\n\t]*$/.test(bytes) ||
      method !== method.trim().toUpperCase(),
    cut: request.cut,
    bytes,
  };
}
