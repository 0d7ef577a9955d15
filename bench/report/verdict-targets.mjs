import { digits, median, quantile, target } from '../lib/figures.mjs';
import { OMITTED_CHECKS } from './omitted-checks.mjs';

/** The targets of the verdict table. */
export function verdictTargets(results) {
  const mostNames = largest(results, 'names');
  const mostNetworks = largest(results, 'IPv4 networks');
  const allowedNames = (size, inCapitals) =>
    results.filter(
      (row) =>
        row.allow &&
        (row.name === 'names' || row.name === '`.suffix`') &&
        row.size === size &&
        (row.kind === 'in capitals') === inCapitals,
    );
  return [
    atMost(
      'an allowed name at 10 names: ≤ 2 × the bare Set',
      allowedNames(10, false),
      2,
    ),
    atMost(
      'an allowed name in capitals at 10 names: ≤ 2 × the bare Set',
      allowedNames(10, true),
      2,
    ),
    atMost(
      `an allowed name at ${mostNames.toLocaleString('en-US')} names: ≤ 1.5 × the bare Set`,
      allowedNames(mostNames, false),
      1.5,
      'The bare Set cannot contain a value that occurs only once. It then only misses, which is one memory access less than a hit, and at this size memory accesses are nearly all of the time. The table must read the name that it found.',
    ),
    constantRatio(
      `from 10 to ${mostNames.toLocaleString('en-US')} names the ratio to the bare Set grows by no more than its spread`,
      results,
      [10, mostNames],
      ['names', '`.suffix`'],
    ),
    constantRatio(
      `the same from 1 to ${mostNetworks.toLocaleString('en-US')} networks`,
      results,
      [1, mostNetworks],
      ['IPv4 networks', 'IPv6 networks'],
    ),
    atMost(
      'a refused or hostile value: ≤ 10 × the bare Set',
      results.filter(({ allow }) => !allow),
      10,
    ),
    fasterThanPeers(results),
  ];
}

const largest = (results, list) =>
  Math.max(
    ...results.filter(({ name }) => name === list).map(({ size }) => size),
  );

function atMost(text, rows, limit, note) {
  const worst = rows.reduce((one, other) =>
    median(other.ratio) > median(one.ratio) ? other : one,
  );
  const figure = median(worst.ratio);
  return target(
    text,
    `${digits(figure)} × (${worst.label}, ${worst.kind})`,
    figure <= limit,
    note,
  );
}

function constantRatio(text, results, [smallest, largest], names) {
  const growing = results
    .filter(({ name, size }) => names.includes(name) && size === smallest)
    .filter((small) => {
      const large = results.find(
        ({ name, kind, size }) =>
          name === small.name && kind === small.kind && size === largest,
      );
      return quantile(large.ratio, 0.25) > quantile(small.ratio, 0.75);
    });
  return target(
    text,
    growing.length === 0
      ? 'it grows in no row'
      : growing.map(({ name, kind }) => `${name}, ${kind}`).join('; '),
    growing.length === 0,
  );
}

function fasterThanPeers(results) {
  const slower = results.filter(({ faster }) =>
    faster.some(({ omitsCheck }) => !omitsCheck),
  );
  const notes = OMITTED_CHECKS.flatMap(({ candidate, why }) => {
    const rows = results.filter(({ faster }) =>
      faster.some(({ peer, omitsCheck }) => peer === candidate && omitsCheck),
    );
    return rows.length === 0
      ? []
      : `${candidate} is faster in ${rows.length} of ${results.length} rows, because ${why}.`;
  });
  return target(
    'faster than each peer in every row, except where the peer omits a check',
    slower.length === 0 ? 'in all rows' : slowerRows(slower),
    slower.length === 0,
    notes.join(' '),
  );
}

/** How many rows, and the first of them. */
function slowerRows(rows) {
  const [{ label, kind, faster }] = rows;
  const peers = faster.filter(({ omitsCheck }) => !omitsCheck);
  return `slower in ${rows.length} rows, e.g. ${label}, ${kind}: ${peers.map(({ peer }) => peer).join(', ')}`;
}
