import { digits, table, target } from '../lib/figures.mjs';
import { OMITTED_CHECKS } from './omitted-checks.mjs';

const LIBRARY = 'this library';
const MOST = { express: 1.01, fastify: 1.03 };

/** The table of the instructions part and its targets. */
export function reportInstructions({
  processes,
  warm,
  blocks,
  requests,
  baseline,
  peers,
  rows,
}) {
  const platforms = [...new Set(rows.map(({ platform }) => platform))];
  return {
    title: 'Instructions',
    text: `1,000 instructions of the server for an allowed request with the 12 headers of a browser, as valgrind counts them: one connection, one request at a time, ${warm.toLocaleString('en-US')} requests to warm up, then ${blocks} blocks of ${requests}, of which the lowest counts: others contain work of V8 that comes at other times in each server, such as a garbage collection. The figure is that of the lowest of ${processes} processes, because V8 compiles other functions in each. The ratio is to a server whose global guard returns \`true\`.`,
    markdown: table(
      ['platform', 'checks', '1,000 instructions', 'each process', 'ratio'],
      platforms.flatMap((platform) => {
        const found = foundOn(rows, platform);
        return [...found].map(([variant, values]) => [
          platform,
          variant,
          digits(lowest(values)),
          values
            .toSorted((a, b) => a - b)
            .map(digits)
            .join(' '),
          ratio(values, found.get(baseline)),
        ]);
      }),
    ),
    targets: platforms.flatMap((platform) =>
      targetsOf(platform, foundOn(rows, platform), baseline, peers),
    ),
  };
}

const foundOn = (rows, platform) =>
  new Map(
    rows
      .filter((row) => row.platform === platform)
      .map(({ variant, processes }) => [variant, processes]),
  );

const lowest = (values) => Math.min(...values);

/** Three digits would hide the differences here. */
const ratio = (values, baseline) =>
  (lowest(values) / lowest(baseline)).toFixed(3);

function targetsOf(platform, found, baseline, peers) {
  const toGuard = ratio(found.get(LIBRARY), found.get(baseline));
  const cheapest = peers.reduce((one, other) =>
    lowest(found.get(other)) < lowest(found.get(one)) ? other : one,
  );
  const toPeer = ratio(found.get(LIBRARY), found.get(cheapest));
  return [
    target(
      `${platform}: the instructions of an allowed request ≤ ${MOST[platform]} × those with an empty guard`,
      `${toGuard} ×`,
      Number(toGuard) <= MOST[platform],
    ),
    target(
      `${platform}: fewer instructions than with each peer`,
      `${toPeer} × ${cheapest}`,
      Number(toPeer) < 1,
      omittedBy(cheapest),
    ),
  ];
}

/** What a peer omits, and that it is middleware: this library also sees upgrades and checks each route. */
function omittedBy(peer) {
  const omitted = OMITTED_CHECKS.find(({ candidate }) => candidate === peer);
  const checks = omitted === undefined ? '' : ` ${peer}: ${omitted.why}.`;
  return `The peers are middleware. They see no WebSocket upgrade and know no rule of a route.${checks}`;
}
