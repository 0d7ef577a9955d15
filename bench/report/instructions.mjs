import { median, spread, table, target } from '../lib/figures.mjs';

const LIBRARY = 'this library';
const MOST = { express: 1.01, fastify: 1.03 };

/** The table of the instructions part and its targets. */
export function reportInstructions({
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
    text: `1,000 instructions of the server for an allowed request with the 12 headers of a browser, as valgrind counts them: one connection, one request at a time, ${warm.toLocaleString('en-US')} requests to warm up, then ${blocks} blocks of ${requests}. The ratio is that of the medians, to a server whose global guard returns \`true\`. The median leaves out the few blocks in which V8 compiles or collects garbage.`,
    markdown: table(
      ['platform', 'checks', '1,000 instructions', 'ratio'],
      platforms.flatMap((platform) => {
        const found = foundOn(rows, platform);
        return [...found].map(([variant, values]) => [
          platform,
          variant,
          spread(values),
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
      .map(({ variant, found }) => [variant, found]),
  );

/** Three digits would hide the differences here. */
const ratio = (values, baseline) =>
  (median(values) / median(baseline)).toFixed(3);

function targetsOf(platform, found, baseline, peers) {
  const toGuard = ratio(found.get(LIBRARY), found.get(baseline));
  const cheapest = peers.reduce((one, other) =>
    median(found.get(other)) < median(found.get(one)) ? other : one,
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
    ),
  ];
}
