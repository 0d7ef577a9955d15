// Makes requests over HTTP/2 as lists of fields, in the order in which the client sends them.
import { hostValue, upperCase } from './hosts.mjs';
import { mutations } from './mutations.mjs';

const DEFAULT_PORTS = [':80', ':443', ':8080', ''];

const http2Mutations = [
  ...mutations,
  function hostAlone(request) {
    request.authorities = [];
    request.hosts = [request.host];
  },
  function hostBesideAuthority(request, random) {
    const { host } = request;
    const port = random.pick(DEFAULT_PORTS);
    request.hosts = [
      random.pick([host, host + port, upperCase(host), hostValue(random)]),
    ];
    if (random.chance(0.3)) request.authorities = [host + port];
  },
  function manyHosts(request, random) {
    request[random.pick(['hosts', 'authorities'])] = Array.from(
      { length: random.pick([0, 2]) },
      () => (random.chance(0.5) ? request.host : hostValue(random)),
    );
    request.odd = true;
  },
  function scheme(request, random) {
    request.scheme = random.pick(['http', 'https', 'HTTPS', 'ws', 'foo', '']);
    request.odd ||= !/^https?$/.test(request.scheme);
  },
  function connect(request, random) {
    request.method = 'CONNECT';
    request.isTunnel = true;
    if (random.chance(0.5)) return;
    request.protocolField = random.pick(['websocket', 'websocket', 'x', '']);
    if (random.chance(0.5)) request.target = '/ws';
  },
  function order(request, random) {
    request.order = random.pick(['pseudo last', 'host first', 'shuffled']);
    request.odd = true;
  },
  function fieldNames(request, random) {
    request.fields.push(
      random.pick([
        ['HOST', hostValue(random)],
        [':host', hostValue(random)],
        ['host ', hostValue(random)],
        ['connection', 'host'],
        ['transfer-encoding', 'chunked'],
        ['upgrade', 'websocket'],
        ['te', 'trailers'],
        ['', 'x'],
      ]),
    );
    request.odd = true;
  },
  function frames(request, random) {
    request.split = random.chance(0.5);
    request.padded = random.chance(0.5);
    request.prioritized = random.chance(0.5);
    request.indexed = random.chance(0.5);
  },
  function trailers(request, random) {
    if (request.body === undefined) return;
    request.trailers = [
      [random.pick(['host', 'x-forwarded-host', 'x']), hostValue(random)],
    ];
    request.odd = true;
  },
];

/** Completes a draft: mutates it, and lists its fields. */
export function http2Request(draft, random) {
  const request = {
    ...draft,
    authorities: [draft.host],
    hosts: [],
    scheme: draft.isSecure ? 'https' : 'http',
  };
  const times = random.below(4);
  for (let i = 0; i < times; i++) random.pick(http2Mutations)(request, random);
  const fields = fieldsOf(request, random);
  return {
    ...request,
    // Newer versions of Node drop a Host with userinfo.
    odd: request.odd || request.hosts.some((host) => host.includes('@')),
    // A malformed pseudo-header field resets the stream.
    isValid:
      times === 0 &&
      [draft.host, draft.path].every((text) => /^[\x21-\x7e]+$/.test(text)),
    // CONNECT without :protocol has no path.
    target: fields.find(([name]) => name === ':path')?.[1],
    fields,
    text: fields.map(([name, value]) => `${name}: ${value}\n`).join(''),
  };
}

function fieldsOf(request, random) {
  const { method, target, scheme, authorities, hosts, body } = request;
  const { isTunnel, protocolField } = request;
  const hasPath = !isTunnel || protocolField !== undefined;
  const pseudo = [
    [':method', method],
    ...(hasPath ? [[':scheme', scheme]] : []),
    ...(hasPath ? [[':path', target]] : []),
    ...authorities.map((value) => [':authority', value]),
    ...(protocolField === undefined ? [] : [[':protocol', protocolField]]),
  ];
  const regular = [
    ['x-fuzz', `${request.index}`],
    ['user-agent', `${request.index}`],
    ...hosts.map((value) => ['host', value]),
    ...request.fields.map(([name, value]) => [
      name === 'HOST' ? name : name.toLowerCase(),
      value,
    ]),
  ];
  if (body !== undefined && random.chance(0.5))
    regular.push(['content-length', `${body.length}`]);
  if (request.order === 'pseudo last') return [...regular, ...pseudo];
  if (request.order === 'host first') return [...pseudo.reverse(), ...regular];
  if (request.order !== 'shuffled') return [...pseudo, ...regular];
  return [...pseudo, ...regular].sort(() => random.below(3) - 1);
}
