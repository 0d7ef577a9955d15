// Valid requests with a number, and which statuses their responses may have.
import { PRIVATE_ADDRESS, SECOND_ADDRESS } from '../settings.mjs';

const KNOWN = 'yes-known.tenant.example';
/** Hosts by what the application must do with them, also while the list and the addresses change. */
const HOSTS = {
  /** Listed at all times, or known to the lookup from before an outage. */
  always: [
    'example.com',
    'EXAMPLE.com.:8080',
    'a.b.example.org',
    'x.example.net',
    'both.example',
    '10.0.3.4',
    '[fd00::1]:8443',
    PRIVATE_ADDRESS,
    `${PRIVATE_ADDRESS}:3000`,
    KNOWN,
  ],
  /** Listed at no time, and not a name: the lookup is not called. */
  never: [
    '192.0.2.9',
    '172.31.9.9:3000',
    '[2001:db8::2]',
    'evil@example.com',
    'example.com:',
    'example.com/',
    '127.1',
    'example.com\r\nHost: example.com',
    '',
  ],
  /** Names that neither the list nor the lookup allows at any time. */
  unknown: [
    'evil.example',
    'evilexample.org',
    'example.com.evil.example',
    'no-#.tenant.example',
    'no-#.tenant.example',
    'random-#.example',
    'random-#.example',
    'example.com\r\nX-Forwarded-Host: example.com, evil.example',
  ],
  /** Names that the lookup allows. */
  tenant: ['yes-#.tenant.example'],
  /** Listed, attached or looked up with another result each time. */
  changing: [
    'list-a.example',
    'list-b.example:8080',
    'flip-1.tenant.example',
    'flip-2.tenant.example',
    SECOND_ADDRESS,
  ],
  /** Names for which the lookup always fails. */
  failing: ['throws-#.tenant.example'],
};
const SHARES = [
  ...Array(10).fill('always'),
  ...Array(3).fill('never'),
  ...Array(3).fill('unknown'),
  ...Array(2).fill('changing'),
  ...Array(3).fill('tenant'),
  'failing',
];
/** A new name each time, and a long one: a cache without a bound would grow by megabytes. */
const newName = (random) =>
  ['a', 'b'].map((label) => label.padEnd(50, label)).join('.') +
  `-${random.below(1e9)}`;

const JSON_BODY = '{"a":1}';
const ROUTES = [
  { method: 'GET', target: '/hello', served: 200 },
  { method: 'GET', target: '/hello', served: 200, delayed: true },
  { method: 'HEAD', target: '/hello', served: 200 },
  { method: 'GET', target: '/nothing', served: 404 },
  { method: 'POST', target: '/echo', served: 201, body: JSON_BODY },
];

/** @param random of the fuzz */
export function numberedRequest(number, random) {
  const kind = random.pick(SHARES);
  const host = random.pick(HOSTS[kind]).replace('#', newName(random));
  const route = random.pick(ROUTES);
  const delay = route.delayed ? [`X-Delay: ${random.below(20)}`] : [];
  return write(number, kind, host, route, delay);
}

/** The request after which the lookup knows a name that it must allow at all times. */
export const knownRequest = (number) =>
  write(number, 'always', KNOWN, ROUTES[0], []);

function write(number, kind, host, { method, target, served, body }, fields) {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${host}`,
    `X-Fuzz: ${idFor(kind)}`,
    `X-Number: ${number}`,
    ...fields,
    ...(body
      ? ['Content-Type: application/json', `Content-Length: ${body.length}`]
      : []),
  ];
  return {
    number,
    method,
    bytes: `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`,
    ...expected(kind, served),
  };
}

/** What code of the application may run for is told apart by the identifier; see `ClientChecks.report`. */
function idFor(kind) {
  if (kind === 'always' || kind === 'tenant') return 'soak-served';
  return kind === 'changing' ? 'soak-changing' : 'soak-refused';
}

/** The statuses that a response may have, at all times and in an outage of the lookup. */
function expected(kind, served) {
  const statuses = {
    always: [served],
    never: [400],
    unknown: [400],
    tenant: [served],
    changing: [served, 400],
    failing: [503],
  }[kind];
  const isLookedUp = kind !== 'always' && kind !== 'never';
  return { statuses, inOutage: isLookedUp ? [...statuses, 503] : statuses };
}
