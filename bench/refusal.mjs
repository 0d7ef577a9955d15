import { RefusalServer } from './lib/refusal-server.mjs';

const SHORT = '/nowhere/at-all';
const RULED = '/ruled-1/x/part-1';
/** Each refused value is new: no cache has it, and the log has a line for it. */
const REFUSED = [
  { name: 'a name', target: SHORT, host: (i) => `evil-${i}.example` },
  {
    name: 'an address',
    target: SHORT,
    host: (i) => `100.${[i >> 16, i >> 8, i].map((n) => n & 255).join('.')}`,
  },
  {
    name: 'a hostile value',
    target: SHORT,
    host: (i) => `example.com@evil-${i}.example\\\x80<script>`,
  },
  { name: 'a path with a rule', target: RULED },
  { name: 'an ambiguous path', target: '/ruled-1/%64ocs/../x%0A' },
  {
    name: 'a path of 15 kB',
    target: `/ruled-1/${'%64ocs'.repeat(2500)}%0A`,
    share: 0.1,
  },
];

/** The CPU time of a refusal, beside that of a 404 of the same server for a listed host. */
export async function measure({ quick }) {
  const pace = quick
    ? { rounds: 3, requests: 300 }
    : { rounds: 7, requests: 1_000 };
  const rows = [];
  for (const platform of ['express', 'fastify'])
    for (const routes of [0, 400])
      rows.push(...(await measureServer(platform, routes, pace)));
  return { ...pace, rows };
}

async function measureServer(platform, routes, { rounds, requests }) {
  const server = await RefusalServer.start(platform, routes);
  const rows = REFUSED.map(({ name }) => ({
    platform,
    routes,
    name,
    refused: [],
    notFound: [],
  }));
  let hosts = 0;
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, refusal] of REFUSED.entries()) {
      const { target, host = REFUSED[0].host, share = 1 } = refusal;
      const count = requests * share;
      const refused = await server.cpuUs(target, () => host(hosts++), count);
      // The guard refuses a listed host on a path with a rule, so the 404 needs another path.
      const notFound = await server.cpuUs(`/x${target}`, listed, count);
      expectStatus(400, refused, target);
      expectStatus(404, notFound, target);
      if (round === 0) continue;
      rows[i].refused.push(refused.cpuUs);
      rows[i].notFound.push(notFound.cpuUs);
    }
  }
  await server.stop();
  return rows;
}

const listed = () => 'example.com';

function expectStatus(status, { statuses }, target) {
  if (statuses.length !== 1 || statuses[0] !== status)
    throw new Error(
      `${target.slice(0, 60)}: ${statuses.join()} instead of ${status}`,
    );
}
