import { BASELINE, makeRequests, requestPath } from './lib/request-path.mjs';
import { browserHeaders, hosts } from './lib/request-variants.mjs';

const LISTED = 'this library';
const LOOKUP = 'this library, by `lookup`';
const REPORT = 'this library, in report mode';

/** The requests, the variant that receives them, and whether it refuses them. */
const CASES = [
  { name: 'listed', variant: LISTED, host: () => hosts[1] },
  {
    name: 'listed, with port',
    variant: LISTED,
    host: () => `${hosts[1]}:8443`,
  },
  { name: 'below a suffix', variant: LISTED, host: () => 'api.example.org' },
  {
    name: 'listed, with X-Forwarded-Host',
    variant: LISTED,
    host: () => hosts[1],
    headers: [['X-Forwarded-Host', hosts[1]]],
  },
  {
    name: 'listed, with a `lookup` for others',
    variant: LOOKUP,
    host: () => hosts[1],
  },
  { name: 'known by `lookup`', variant: LOOKUP, host: () => hosts[7] },
  {
    name: 'refused, a new name each time',
    variant: LISTED,
    host: (i) => `stranger-${i}.example.com`,
    isAsync: true,
    refused: true,
  },
  {
    name: 'refused by `lookup`, a new name each time',
    variant: LOOKUP,
    host: (i) => `stranger-${i}.example.com`,
    isAsync: true,
    refused: true,
  },
  {
    name: 'in report mode, a new name each time',
    variant: REPORT,
    host: (i) => `stranger-${i}.example.com`,
    isAsync: true,
  },
];

/** The time of gate and guard on real requests, without network and framework. */
export async function measure({ quick }) {
  const pace = quick
    ? { rounds: 5, count: 500, warm: 2 }
    : { rounds: 60, count: 2_000, warm: 10 };
  const rows = [];
  for (const platform of ['express', 'fastify'])
    rows.push(...(await measurePlatform(platform, pace)));
  return { ...pace, rows };
}

async function measurePlatform(platform, pace) {
  const paths = new Map();
  for (const variant of [BASELINE, LISTED, LOOKUP, REPORT])
    paths.set(variant, await requestPath(platform, variant));
  await assertTwoHostsAreRefused(paths.get(LISTED));
  const rows = [];
  for (const each of CASES) {
    const [baseline, checked] = [BASELINE, each.variant].map((variant) =>
      paths.get(variant),
    );
    const found = await measureCase(each, baseline, checked, pace);
    rows.push({ platform, name: each.name, ...found });
  }
  for (const { app } of paths.values()) await app.close();
  return rows;
}

/** Measures requests without and with a check, in turns. */
async function measureCase(each, baseline, checked, { rounds, count, warm }) {
  let next = 0;
  const requests = (size) =>
    makeRequests(size, () => [
      ...browserHeaders(each.host(next++)),
      ...(each.headers ?? []),
    ]);
  // A lookup caches the result of the first request.
  await checked.serveOneByOne(requests(1));
  const found = { baseline: [], checked: [] };
  for (let round = -warm; round < rounds; round++) {
    const figures = {
      baseline: await measureServing(baseline.serve, requests(count), count),
      checked: await measureServing(
        each.isAsync ? checked.serveOneByOne : checked.serve,
        requests(count),
        each.refused ? 0 : count,
      ),
    };
    if (round < 0) continue;
    found.baseline.push(figures.baseline);
    found.checked.push(figures.checked);
  }
  return found;
}

/** The duration and the CPU time of one request, in ns. */
async function measureServing(serve, requests, expected) {
  const before = process.cpuUsage();
  const startNs = process.hrtime.bigint();
  const served = await serve(requests);
  const ns = Number(process.hrtime.bigint() - startNs) / requests.length;
  const { user, system } = process.cpuUsage(before);
  if (served !== expected)
    throw new Error(`${served} requests were served instead of ${expected}`);
  return { ns, cpuNs: ((user + system) * 1000) / requests.length };
}

async function assertTwoHostsAreRefused({ serveOneByOne }) {
  const requests = makeRequests(1, () => [
    ...browserHeaders(hosts[1]),
    ['Host', hosts[1]],
  ]);
  if ((await serveOneByOne(requests)) !== 0)
    throw new Error('the gate does not refuse two Host headers');
}
