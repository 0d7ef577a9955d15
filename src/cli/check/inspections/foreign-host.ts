import { placesOf } from '../compare.js';
import { listed, problem, type Finding } from '../finding.js';
import { FOREIGN_HOST, type Probe, type Topic } from '../probe.js';
import type { Results } from '../results.js';
import { CHECK_HOST, PASS_HOST_ON, REFUSE_IN_PROXY } from './remedies.js';

/** Whether foreign hosts are served. */
export function inspectForeignHosts(results: Results): readonly Finding[] {
  const open = results.foreign('page', 'served', 'same');
  if (open.length > 0 && !isOwnRefused(results))
    return [...nobodyChecks(results), ...forwarded(results)];
  return [
    ...TOPICS.flatMap(([id, topic, what, change]) =>
      problem(id, results.foreign(topic, 'served'), what, change),
    ),
    ...forwarded(results),
  ];
}

/** Then "same" says only that both are refused, which is a finding of its own. */
function isOwnRefused(results: Results): boolean {
  const [page] = results.responses('own', 'page');
  return page !== undefined && [400, 403, 421].includes(page.response.status);
}

function nobodyChecks(results: Results): readonly Finding[] {
  const { own } = results.target;
  const probes = results
    .of('foreign')
    .filter((result) => ['served', 'same'].includes(results.outcome(result)))
    .map(({ probe }) => probe);
  const repeats = results
    .responses('foreign', 'page')
    .flatMap(({ response }) => placesOf(response, FOREIGN_HOST));
  const [page] = results.responses('own', 'page');
  const isError = page !== undefined && page.response.status >= 400;
  return problem(
    'host-not-checked',
    probes,
    [
      `A foreign host gets the same response as ${own}: nobody checks Host, or a proxy in front replaces it before the application sees it.`,
      ...(repeats.length > 0
        ? [
            `The response repeats the foreign host in ${listed(repeats)}, so an attacker can put links to a site of theirs into it.`,
          ]
        : []),
      ...(isError
        ? [
            `Both get ${page.response.status}: to be certain, run check with the URL of a page that responds with 200.`,
          ]
        : []),
    ].join(' '),
    [
      'To find out which, run check again with --connect and the address of the application itself, past the proxy. If foreign hosts are refused there, the proxy replaces Host; if not, the application does not check it.',
      ...PASS_HOST_ON,
      ...CHECK_HOST,
      REFUSE_IN_PROXY,
    ],
  );
}

/** What is wrong if a foreign host is served in one place only. */
const TOPICS: readonly (readonly [
  id: string,
  topic: Topic,
  what: string,
  change: readonly string[],
])[] = [
  [
    'look-alike',
    'look-alike',
    'A foreign name that begins or ends like yours is served: the list is compared with a part of Host only.',
    [
      'Compare the whole name. A regular expression needs ^ and $, and a suffix needs a dot in front: .example.com',
    ],
  ],
  [
    'two-hosts',
    'two-hosts',
    'A request with two Host lines is served. A proxy may read one of them and the application the other.',
    [
      'Refuse every request with more than one Host line (RFC 9112, section 3.2). nginx does so; in Node, look at headersDistinct.host.',
    ],
  ],
  [
    'absolute-target',
    'absolute-target',
    'A request target with a foreign host is served (GET http://evil.example/ with your Host). RFC 9112, section 3.2.2, says that the target counts, so code that builds links from it uses the foreign host.',
    [
      'Refuse a request target that does not match Host. nginx takes the host of the target as $host, so proxy_set_header Host $host; lets the application see it.',
    ],
  ],
  [
    'userinfo',
    'userinfo',
    'A Host with a user part is served (example.com@evil.example). In a link, what follows @ is the host.',
    [
      'Refuse a Host that contains other characters than a host and a port may have.',
    ],
  ],
  [
    'health-foreign',
    'health',
    'The health route is served for a foreign name, so a web page that rebinds its own name can read it, and everything else that this route is open to.',
    [
      'On the health route, allow addresses, a missing Host and your own names, but no foreign names. nestjs-allowed-hosts: @AllowProbes() does so; @AllowAnyHost() does not. A proxy that sends an address as Host also opens it:',
      ...PASS_HOST_ON,
    ],
  ],
  [
    'websocket',
    'websocket',
    'A WebSocket upgrade for a foreign host is accepted. Browsers do not apply CORS to WebSockets.',
    [
      'Check Host in the upgrade, too: middleware and guards of the framework do not see it. nestjs-allowed-hosts checks upgrades.',
    ],
  ],
  [
    'preflight',
    'preflight',
    'A CORS preflight for a foreign host is served: something responds before Host is checked.',
    ['Check Host before CORS. nestjs-allowed-hosts does so.'],
  ],
  [
    'http2',
    'http2',
    'A foreign :authority is served over HTTP/2, though the same Host is refused over HTTP/1.1.',
    ['Check :authority like Host.'],
  ],
];

/** A header for proxies must not get from a client into a response. */
function forwarded(results: Results): readonly Finding[] {
  const own = results.own('page');
  const known = own?.kind === 'response' ? placesOf(own, FOREIGN_HOST) : [];
  const rows = results
    .responses('forwarded')
    .filter(({ response }) => response.status < 400)
    .map(({ probe, response }) => ({
      probe,
      places: placesOf(response, FOREIGN_HOST).filter(
        (place) => !known.includes(place),
      ),
    }))
    .filter(({ places }) => places.length > 0);
  return problem(
    'forwarded-host',
    rows.map(({ probe }): Probe => probe),
    `The server takes the host from a header that clients can send: the response repeats it in ${listed(rows.flatMap(({ places }) => places))}.`,
    [
      'Let the first proxy overwrite the header. nginx: proxy_set_header X-Forwarded-Host $host; proxy_set_header Forwarded "";',
      'In the application, trust only the address of your proxy (trust proxy in Express, trustProxy in Fastify), and check the header against the list. nestjs-allowed-hosts checks it if the framework trusts the peer.',
    ],
  );
}
