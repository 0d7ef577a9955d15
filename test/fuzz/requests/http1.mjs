// Makes requests over HTTP/1.1 as bytes.
import { graphql } from './graphql.mjs';
import { hostValue } from './hosts.mjs';
import { mutations } from './mutations.mjs';
import { ownUpgrade, polling, upgrade } from './sockets.mjs';

const http1Mutations = [
  ...mutations,
  upgrade,
  polling,
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
  function connect(request, random) {
    request.method = 'CONNECT';
    request.target = random.chance(0.6) ? request.host : hostValue(random);
    request.alone = true;
  },
  function http10(request, random) {
    request.version = random.pick(['1.0', '1.0', '1.0', '0.9', '2.0']);
    if (random.chance(0.4)) request.hosts = [];
    request.alone = true;
  },
  function brokenBody(request, random) {
    request.bodyFault = random.pick(['length', 'cut', 'cut', undefined]);
    if (request.bodyFault) request.alone = true;
  },
];

/** Completes a draft: mutates it, and writes it as bytes. */
export function http1Request(draft, random) {
  const request = {
    ...draft,
    version: '1.1',
    hosts: [draft.host],
    hostName: 'Host',
    padding: ' ',
  };
  const times = random.below(4);
  if (draft.toGateway) ownUpgrade(request, random);
  else if (draft.hasGraphql && random.chance(0.3)) graphql(request, random);
  for (let i = 0; i < times; i++) random.pick(http1Mutations)(request, random);
  const body = bodyOf(request, random);
  const lines = linesOf(request, random);
  const { method, target, version, frames = '' } = request;
  const bytes = `${method} ${target} HTTP/${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}${frames}`;
  return {
    ...request,
    isValid:
      times === 0 && !draft.toGateway && /^[\x21-\x7e]+$/.test(draft.host),
    // Node skips spaces around the target.
    target: target.replace(/^ +| +$/g, ''),
    bytes,
    text: bytes,
    cut: request.bodyFault === 'cut',
    fields: lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1)];
    }),
    alone: request.alone || isUnparsable(request, bytes),
  };
}

/** Whether Node may refuse to parse a request and close the connection, with the other requests on it. */
function isUnparsable({ method, target, hostName }, bytes) {
  return (
    !/^[\x20-\x7e\x80-\xff\r\n\t]*$/.test(bytes) ||
    !/^(?!FOO)[A-Z-]+$/.test(method) ||
    !/^(?:\/|\*$|[a-z]+:\/\/[\w.:[\]-]+(?:[/?]|$))/i.test(target) ||
    !/^host$/i.test(hostName)
  );
}

/** The body as it is sent; adds the fields that describe its length. */
function bodyOf({ body, bodyFault, fields }, random) {
  if (body === undefined) return '';
  if (bodyFault === 'length') fields.push(['Content-Length', '3']);
  let sent = body;
  if (random.chance(0.5)) {
    fields.push(['Content-Length', `${body.length}`]);
  } else {
    const trailer = random.chance(0.3) ? 'Host: evil.example\r\n' : '';
    const size = body.length.toString(16);
    fields.push(['Transfer-Encoding', 'chunked']);
    sent = `${body && `${size}\r\n${body}\r\n`}0\r\n${trailer}\r\n`;
  }
  return bodyFault === 'cut' ? sent.slice(0, -2) : sent;
}

function linesOf({ index, fields, hosts, hostName, padding }, random) {
  const lines = [
    `X-Fuzz: ${index}`,
    `User-Agent: ${index}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  for (const [i, host] of hosts.entries()) {
    const name = i === 0 ? hostName : random.pick(['Host', 'host', 'HOST']);
    const at = random.below(lines.length + 1);
    lines.splice(at, 0, `${name}:${padding}${host}`);
  }
  return lines;
}
