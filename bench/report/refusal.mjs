import {
  digits,
  median,
  ratios,
  spread,
  table,
  target,
} from '../lib/figures.mjs';

/** The kinds of refusals that the target and the chart cover. */
export const KINDS = [
  'a name',
  'an address',
  'a hostile value',
  'a path with a rule',
];

/** The table of the refusal part and its targets. */
export function reportRefusal({ rounds, requests, rows }) {
  return {
    title: 'Refusal',
    text: `µs of the server's CPU time per request: a refusal that is logged, and the 404 of the same server for a listed host and the same target with \`/x\` in front. ${rounds} rounds of ${requests.toLocaleString('en-US')} requests on one connection (a tenth of them for 15 kB), in turns. Each refused value is new. With no routes that have a rule, the path is an ordinary one.`,
    markdown: table(
      ['platform', 'routes with a rule', 'refused', 'refusal', '404', 'ratio'],
      rows.map((row) => [
        row.platform,
        row.routes,
        row.name,
        spread(row.refused),
        spread(row.notFound),
        spread(refusalRatio(row)),
      ]),
    ),
    targets: [
      ...['express', 'fastify'].map((platform) => costOf(platform, rows)),
      growthOf(rows),
    ],
  };
}

/** The ratio of a refusal to a 404, round by round. */
export const refusalRatio = ({ refused, notFound }) =>
  ratios(refused, notFound);

function costOf(platform, rows) {
  const worst = highest(
    rows.filter((row) => row.platform === platform && KINDS.includes(row.name)),
    (row) => median(refusalRatio(row)),
  );
  return target(
    `${platform}: the CPU time of a refusal ≤ that of a 404 of the same server`,
    `${digits(worst.figure)} × (${worst.row.name}, ${worst.row.routes} routes with a rule)`,
    worst.figure <= 1,
  );
}

/** Two equal processes differ by up to 15 %, and the two servers are two processes. */
function growthOf(rows) {
  const most = Math.max(...rows.map(({ routes }) => routes));
  const without = (row) =>
    rows.find(
      ({ platform, name, routes }) =>
        platform === row.platform && name === row.name && routes === 0,
    );
  const worst = highest(
    rows.filter(({ routes }) => routes === most),
    (row) => median(row.refused) / median(without(row).refused),
  );
  return target(
    `a refusal with ${most} routes that have a rule: ≤ 1.25 × one with none`,
    `${digits(worst.figure)} × (${worst.row.platform}, ${worst.row.name})`,
    worst.figure <= 1.25,
  );
}

const highest = (rows, figureOf) =>
  rows
    .map((row) => ({ row, figure: figureOf(row) }))
    .reduce((one, other) => (other.figure > one.figure ? other : one));
