import { candidates, OMITTED_CHECKS } from './lib/candidates.mjs';
import { digits, median, ratios, spread, table } from './lib/figures.mjs';
import { measureInTurns } from './lib/rounds.mjs';
import { verdictGoals } from './lib/verdict-goals.mjs';
import { hostileLists, listOf } from './lib/verdict-lists.mjs';

const BASELINE = 'bare Set';
const LIBRARY = 'this library';
const PEERS = Object.keys(candidates).filter(
  (name) => name !== BASELINE && name !== LIBRARY,
);
const MIXED = 'mixed (5 names, 3 suffixes, 2 networks of 10)';

/** The time of one verdict: header value in, boolean out. */
export function run({ quick }) {
  const pace = quick
    ? { rounds: 3, blockMs: 0.2, warmMs: 5 }
    : { rounds: 15, blockMs: 1, warmMs: 100 };
  const names = quick ? [10, 1_000] : [10, 1_000, 100_000, 1_000_000];
  const networks = quick ? [1, 1_000] : [1, 1_000, 100_000];
  // A list is created when it is measured, and collected afterwards.
  const lists = [
    ...names.map((size) => () => listOf('names', size)),
    ...names.map((size) => () => listOf('`.suffix`', size)),
    ...networks.map((size) => () => listOf('IPv4 networks', size)),
    ...networks.map((size) => () => listOf('IPv6 networks', size)),
    ...names.slice(0, 3).map((size) => () => listOf(MIXED, size)),
    ...hostileLists().map((list) => () => list),
  ];
  const results = lists.flatMap((create) => measureList(create(), pace));
  return {
    title: 'Verdict',
    text: `ns per verdict (median, quartiles where they differ), ${pace.rounds} rounds in turns. The ratio is to the bare Set, round by round. Each value is a new string. † the verdict is wrong. — the candidate cannot express the list, or not at this size.`,
    markdown: table(
      ['list', 'value', BASELINE, LIBRARY, 'ratio', ...PEERS],
      results.map(({ label, kind, cells, ratio }) => [
        label,
        kind,
        cells[BASELINE],
        cells[LIBRARY],
        spread(ratio),
        ...PEERS.map((name) => cells[name] ?? '—'),
      ]),
    ),
    goals: verdictGoals(results, names.at(-1), networks.at(-1)),
  };
}

function measureList({ label, name, size, list, rows }, pace) {
  const created = Object.fromEntries(
    Object.entries(candidates)
      .filter(([candidate]) => candidate !== BASELINE)
      .map(([candidate, create]) => [candidate, create(list)])
      .filter(([, run]) => run !== undefined),
  );
  return rows.map((row) => {
    const found = measureInTurns(
      { [BASELINE]: candidates[BASELINE](row), ...created },
      row.value,
      pace,
    );
    const isRight = (candidate) =>
      found[candidate].allowed === (row.allow ? 1 : 0);
    if (!isRight(LIBRARY))
      throw new Error(
        `${label}, ${row.kind}: the verdict of this library is wrong`,
      );
    return {
      label,
      name,
      size,
      kind: row.kind,
      allow: row.allow,
      cells: cellsOf(found, isRight),
      ratio: ratios(found[LIBRARY].ns, found[BASELINE].ns),
      faster: fasterPeers(found, isRight, label),
    };
  });
}

function cellsOf(found, isRight) {
  return Object.fromEntries(
    Object.entries(found).map(([candidate, { ns }]) => {
      const figure =
        candidate === LIBRARY || candidate === BASELINE
          ? spread(ns)
          : digits(median(ns));
      const mark = candidate === BASELINE || isRight(candidate) ? '' : ' †';
      return [candidate, figure + mark];
    }),
  );
}

/** The peers that are faster than this library, and whether they omit a check for that. */
function fasterPeers(found, isRight, label) {
  return PEERS.filter(
    (peer) =>
      found[peer] && median(ratios(found[peer].ns, found[LIBRARY].ns)) < 1,
  ).map((peer) => ({
    peer,
    omitsCheck:
      !isRight(peer) ||
      OMITTED_CHECKS.some(
        ({ candidate, where }) => candidate === peer && where({ label }),
      ),
  }));
}
