// Compares the first and the last window of a run.
import {
  intervals,
  medianOf,
  quantileOf,
  slopeOverNoise,
  windowsOf,
} from './windows.mjs';

/** A slope of so many standard errors is no noise. */
const STEADY = 3;
const MB = 2 ** 20;
const total = (counts) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/**
 * What must not grow. Each tolerance is above what a sound application showed, and far below what a leak adds: ten
 * minutes at 200 requests a second are 36,000 requests between the middles of both windows.
 *
 * - `heap`: logs keep up to 1000 keys of up to 300 bytes each and fill for minutes, and functions are still compiled.
 *   2 MB are less than 60 bytes per request.
 * - `sockets`, `resources`: slow clients come and go, so the medians of two windows differ by one or two. 5 are less than
 *   one of 100 slow clients.
 */
const MUST_NOT_GROW = {
  heap: {
    name: 'heap after garbage collection, MB',
    of: ({ heap }) => heap / MB,
    tolerance: 2,
  },
  sockets: {
    name: 'open sockets',
    of: ({ sockets }) => sockets,
    tolerance: 5,
  },
  resources: {
    name: 'active resources (sockets, timers …)',
    of: ({ resources }) => total(resources),
    tolerance: 5,
  },
};
/** These depend on the machine too. */
const NOT_JUDGED = {
  'resident set, MB': ({ rss }) => rss / MB,
  'longest pause of the event loop, ms': ({ pauseMs }) => pauseMs,
};
/**
 * The CPU time of a request may rise by so much, as it is and over that of the yardstick. On a machine that gets busy the
 * first one rises alone; a yardstick that was measured in a better moment makes the second one rise alone. Something that
 * gets slower with each request doubles both, and hardly any of its late intervals is as cheap as an early one.
 */
const CPU_TOLERANCE = 1.25;

/**
 * Judges the samples of a run.
 *
 * @returns rows for the table, and for each figure that failed a sentence
 */
export function verdictOn(samples) {
  const { warm, first, last, ...range } = windowsOf(samples);
  const failures = {};
  const rows = [];
  for (const [figure, { name, of, tolerance }] of Object.entries(
    MUST_NOT_GROW,
  )) {
    const [before, after] = [medianOf(first, of), medianOf(last, of)];
    const steady = slopeOverNoise(warm, of);
    rows.push({
      figure: name,
      first: before,
      last: after,
      limit: `+${tolerance}`,
    });
    if (after - before > tolerance && steady > STEADY)
      failures[figure] =
        `${name}: ${round(before)} in the first window, ${round(after)} in the last: more than ${tolerance} above it${ofResources(figure, first, last)}`;
  }
  const cpu = cpuVerdict(intervals(samples), first, last);
  if (cpu.failure) failures.cpu = cpu.failure;
  rows.push(...cpu.rows);
  for (const [name, of] of Object.entries(NOT_JUDGED))
    rows.push({
      figure: name,
      first: medianOf(first, of),
      last: medianOf(last, of),
      limit: '',
    });
  return { rows: rows.map(rounded), failures, ...range };
}

function cpuVerdict(all, first, last) {
  const within = (window) =>
    all.filter(({ at }) => window.some((sample) => sample.at === at));
  const [before, after] = [within(first), within(last)];
  const row = (figure, of, limit = '') => ({
    figure,
    first: medianOf(before, of),
    last: medianOf(after, of),
    limit,
  });
  const limit = `× ${CPU_TOLERANCE}`;
  const figures = [
    ['CPU of a request, µs', ({ cpuUs }) => cpuUs],
    ['the same over that of the yardstick, ‰', (i) => 1000 * i.relativeCpu],
  ];
  const rows = figures.map(([figure, of]) => row(figure, of, limit));
  const hasGrown = figures.every(
    ([, of], i) =>
      rows[i].last > CPU_TOLERANCE * rows[i].first &&
      quantileOf(after, of, 0.25) > quantileOf(before, of, 0.75),
  );
  const [{ first: one, last: other }] = rows;
  return {
    rows: [...rows, row('requests per second', ({ perSecond }) => perSecond)],
    failure: hasGrown
      ? `CPU of a request: ${round(one)} µs in the first window, ${round(other)} µs in the last: more than ${CPU_TOLERANCE} times as much, also over the CPU of the yardstick`
      : undefined,
  };
}

/** The types of resources of which there are more, for the sentence. */
function ofResources(figure, first, last) {
  if (figure !== 'resources') return '';
  const types = new Set(
    [...first, ...last].flatMap(({ resources }) => Object.keys(resources)),
  );
  const grown = [...types].map((type) => {
    const of = ({ resources }) => resources[type] ?? 0;
    return [type, medianOf(first, of), medianOf(last, of)];
  });
  return ` (${grown
    .filter(([, before, after]) => after > before)
    .map(([type, before, after]) => `${type} from ${before} to ${after}`)
    .join(', ')})`;
}

const round = (value) => Number(value.toPrecision(4));
const rounded = ({ first, last, ...row }) => ({
  ...row,
  first: round(first),
  last: round(last),
  limit: row.limit,
});
