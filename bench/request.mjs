import { digits, goal, median, spread, table } from './figures.mjs';
import { browserHeaders, hosts } from './request-variants.mjs';
import { makeRequests, PLAIN, way } from './request-way.mjs';

const LISTED = 'this library';
const LOOKUP = 'this library, by `lookup`';
const REPORT = 'this library, in report mode';

/** What is sent to which application, and whether it is to be served. */
const CASES = [
  { name: 'listed', to: LISTED, host: () => hosts[1] },
  { name: 'listed, with port', to: LISTED, host: () => `${hosts[1]}:8443` },
  { name: 'below a suffix', to: LISTED, host: () => 'api.example.org' },
  {
    name: 'listed, with X-Forwarded-Host',
    to: LISTED,
    host: () => hosts[1],
    more: [['X-Forwarded-Host', hosts[1]]],
  },
  { name: 'listed, beside a `lookup`', to: LOOKUP, host: () => hosts[1] },
  { name: 'known by `lookup`', to: LOOKUP, host: () => hosts[7] },
  {
    name: 'refused, each another name',
    to: LISTED,
    host: (i) => `stranger-${i}.example.com`,
    waits: true,
    refused: true,
  },
  {
    name: 'refused by `lookup`, each another name',
    to: LOOKUP,
    host: (i) => `stranger-${i}.example.com`,
    waits: true,
    refused: true,
  },
  {
    name: 'in report mode, each another name',
    to: REPORT,
    host: (i) => `stranger-${i}.example.com`,
    waits: true,
  },
];

/** Table 2, first half: gate and guard on real requests, without network and framework. */
export async function run({ quick }) {
  const pace = quick
    ? { rounds: 5, count: 500, warm: 2 }
    : { rounds: 60, count: 2_000, warm: 10 };
  const rows = [];
  for (const platform of ['express', 'fastify']) {
    const ways = new Map();
    for (const variant of [PLAIN, LISTED, LOOKUP, REPORT])
      ways.set(variant, await way(platform, variant));
    await twoHostLinesAreRefused(ways.get(LISTED));
    for (const each of CASES) {
      const found = await race(each, ways.get(PLAIN), ways.get(each.to), pace);
      rows.push({ platform, ...each, ...found });
    }
    for (const { app } of ways.values()) await app.close();
  }
  const listed = rows.filter(({ name }) => name === 'listed');
  const worst = Math.max(
    ...listed.map(({ cpu }) => median(cpu)),
    ...listed.map(({ added }) => median(added)),
  );
  return {
    title: 'Request',
    text: `ns per request: the server's \`request\` event, the gate around it, the gate in the framework, the guard; on \`IncomingMessage\`s with 12 fresh headers, ${pace.rounds} rounds of ${pace.count.toLocaleString('en-US')} in turns. "Plain" is the event and the reading of \`request.headers\`, which every framework does. Two Host lines are refused, which is checked first. "Each another name" is an attacker who fills what is remembered of hosts: every memory is full and makes room.`,
    markdown: table(
      [
        'platform',
        'request',
        'plain',
        'with gate and guard',
        'added',
        'added, CPU',
      ],
      rows.map(({ platform, name, plain, checked, added, cpu }) => [
        platform,
        name,
        spread(plain),
        spread(checked),
        spread(added),
        spread(cpu),
      ]),
    ),
    goals: [
      goal(
        'gate and guard on an ordinary browser request: ≤ 1 µs of CPU',
        `${digits(worst / 1000)} µs`,
        worst <= 1000,
      ),
    ],
  };
}

/** In turns: requests that nobody checks, and the same ones checked. */
async function race(each, plainWay, checkedWay, { rounds, count, warm }) {
  const headersOf = (i) => [
    ...browserHeaders(each.host(i)),
    ...(each.more ?? []),
  ];
  const found = { plain: [], checked: [] };
  let next = 0;
  // What a look-up knows is asked once.
  await checkedWay.serveOneByOne(makeRequests(1, () => headersOf(next++)));
  for (let round = -warm; round < rounds; round++) {
    for (const [name, way] of [
      ['plain', plainWay],
      ['checked', checkedWay],
    ]) {
      const requests = makeRequests(count, () => headersOf(next++));
      const serve =
        name === 'checked' && each.waits ? way.serveOneByOne : way.serve;
      const before = process.cpuUsage();
      const startNs = process.hrtime.bigint();
      const served = await serve(requests);
      const ns = Number(process.hrtime.bigint() - startNs) / count;
      const { user, system } = process.cpuUsage(before);
      if (served !== (name === 'checked' && each.refused ? 0 : count))
        throw new Error(`${each.name}: the verdict is wrong`);
      if (round >= 0)
        found[name].push({ ns, cpuNs: ((user + system) * 1000) / count });
    }
  }
  const more = (figure) =>
    found.plain.map(
      (plain, round) => found.checked[round][figure] - plain[figure],
    );
  return {
    plain: found.plain.map(({ ns }) => ns),
    checked: found.checked.map(({ ns }) => ns),
    added: more('ns'),
    cpu: more('cpuNs'),
  };
}

async function twoHostLinesAreRefused({ serveOneByOne }) {
  const twice = makeRequests(1, () => [
    ...browserHeaders(hosts[1]),
    ['Host', hosts[1]],
  ]);
  if ((await serveOneByOne(twice)) !== 0)
    throw new Error('two Host lines pass the gate');
}
