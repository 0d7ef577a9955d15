import { candidates } from './lib/candidates.mjs';
import { measureInTurns } from './lib/rounds.mjs';
import { hostileLists, listOf } from './lib/verdict-lists.mjs';

const BASELINE = 'bare Set';
const LIBRARY = 'this library';
const MIXED = 'mixed (5 names, 3 suffixes, 2 networks of 10)';

/** The time of one verdict: header value in, boolean out. */
export function measure({ quick }) {
  const pace = quick
    ? { rounds: 3, blockMs: 0.3, warmMs: 50 }
    : { rounds: 15, blockMs: 1, warmMs: 100 };
  const names = [10, 1_000, 100_000, 1_000_000];
  const networks = [1, 1_000, 100_000];
  // A list is created when it is measured, and collected afterwards.
  const lists = [
    ...names.map((size) => () => listOf('names', size)),
    ...names.map((size) => () => listOf('`.suffix`', size)),
    ...networks.map((size) => () => listOf('IPv4 networks', size)),
    ...networks.map((size) => () => listOf('IPv6 networks', size)),
    ...names.slice(0, 3).map((size) => () => listOf(MIXED, size)),
    ...hostileLists().map((list) => () => list),
  ];
  const rows = lists.flatMap((create) => measureList(create(), pace));
  return { ...pace, rows };
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
      candidates: Object.fromEntries(
        Object.entries(found).map(([candidate, { ns }]) => [
          candidate,
          { ns, isRight: isRight(candidate) },
        ]),
      ),
    };
  });
}
