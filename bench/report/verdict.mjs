import { digits, median, ratios, spread, table } from '../lib/figures.mjs';
import { OMITTED_CHECKS } from './omitted-checks.mjs';
import { verdictTargets } from './verdict-targets.mjs';

export const BASELINE = 'bare Set';
export const LIBRARY = 'this library';

/** The verdict table and its targets. */
export function reportVerdict({ rounds, rows }) {
  const peers = peersOf(rows);
  const results = rows.map((row) => resultOf(row, peers));
  return {
    title: 'Verdict',
    text: `ns per verdict: a header value in, a boolean out. ${rounds} rounds in turns; each value is a new string. The ratio is to the bare Set. † the verdict is wrong. — the candidate cannot express the list, or not at this size.`,
    markdown: table(
      ['list', 'value', BASELINE, LIBRARY, 'ratio', ...peers],
      results.map(({ label, kind, candidates, ratio }) => [
        label,
        kind,
        spread(candidates[BASELINE].ns),
        spread(candidates[LIBRARY].ns),
        spread(ratio),
        ...peers.map((peer) => cellOf(candidates[peer])),
      ]),
    ),
    targets: verdictTargets(results),
  };
}

/** The names of the other packages. */
export const peersOf = (rows) =>
  [
    ...new Set(rows.flatMap(({ candidates }) => Object.keys(candidates))),
  ].filter((name) => name !== BASELINE && name !== LIBRARY);

/** The ratio of this library to the bare Set, round by round. */
export const ratioOf = ({ candidates }) =>
  ratios(candidates[LIBRARY].ns, candidates[BASELINE].ns);

const resultOf = (row, peers) => ({
  ...row,
  ratio: ratioOf(row),
  faster: fasterPeers(row, peers),
});

const cellOf = (found) =>
  found ? digits(median(found.ns)) + (found.isRight ? '' : ' †') : '—';

/** The peers that are faster than this library, and whether they omit a check for that. */
function fasterPeers({ label, candidates }, peers) {
  const isFaster = (peer) =>
    candidates[peer] !== undefined &&
    median(ratios(candidates[peer].ns, candidates[LIBRARY].ns)) < 1;
  return peers.filter(isFaster).map((peer) => ({
    peer,
    omitsCheck:
      !candidates[peer].isRight ||
      OMITTED_CHECKS.some(
        ({ candidate, where }) => candidate === peer && where({ label }),
      ),
  }));
}
