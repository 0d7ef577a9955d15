import { contenders, SKIPS } from './contenders.mjs';
import {
  digits,
  goal,
  median,
  paired,
  quantile,
  spread,
  table,
} from './figures.mjs';
import { race } from './rounds.mjs';
import { hostileLists, listOf } from './verdict-rows.mjs';

const FLOOR = 'bare Set';
const OURS = 'this library';
const PEERS = Object.keys(contenders).filter(
  (name) => name !== FLOOR && name !== OURS,
);

/** Table 1: what one verdict takes, header value in, boolean out. */
export function run({ quick }) {
  const pace = quick
    ? { rounds: 3, blockMs: 0.2, warmMs: 5 }
    : { rounds: 15, blockMs: 1, warmMs: 100 };
  const names = quick ? [10, 1_000] : [10, 1_000, 100_000, 1_000_000];
  const networks = quick ? [1, 1_000] : [1, 1_000, 100_000];
  const lists = [
    ...names.map((size) => () => listOf('names', size)),
    ...names.map((size) => () => listOf('`.suffix`', size)),
    ...networks.map((size) => () => listOf('IPv4 networks', size)),
    ...networks.map((size) => () => listOf('IPv6 networks', size)),
    ...names
      .slice(0, 3)
      .map(
        (size) => () =>
          listOf('mixed (5 names, 3 suffixes, 2 networks of 10)', size),
      ),
    ...hostileLists().map((list) => () => list),
  ];
  const results = lists.flatMap((make) => judge(make(), pace));
  return {
    title: 'Verdict',
    text: `ns per verdict (median, quartiles where they differ), ${pace.rounds} rounds in turns. The ratio is taken round by round. Each value is a new string. † the verdict is wrong. — the list cannot be said, or not at this size.`,
    markdown: table(
      ['list', 'value', FLOOR, OURS, 'ratio', ...PEERS],
      results.map(({ label, kind, cells, ratio }) => [
        label,
        kind,
        cells[FLOOR],
        cells[OURS],
        spread(ratio),
        ...PEERS.map((name) => cells[name] ?? '—'),
      ]),
    ),
    goals: goals(results, names.at(-1), networks.at(-1)),
  };
}

function judge({ label, name, size, list, rows }, pace) {
  const made = Object.fromEntries(
    Object.entries(contenders)
      .filter(([contender]) => contender !== FLOOR)
      .map(([contender, make]) => [contender, make(list)])
      .filter(([, judges]) => judges !== undefined),
  );
  return rows.map((row) => {
    const found = race(
      { [FLOOR]: contenders[FLOOR](row), ...made },
      row.value,
      pace,
    );
    const right = (contender) =>
      found[contender].allowed === (row.allow ? 1 : 0);
    if (!right(OURS))
      throw new Error(
        `${label}, ${row.kind}: the verdict of this library is wrong`,
      );
    const cells = Object.fromEntries(
      Object.keys(found).map((contender) => [
        contender,
        (contender === OURS || contender === FLOOR
          ? spread(found[contender].ns)
          : digits(median(found[contender].ns))) +
          (contender === FLOOR || right(contender) ? '' : ' †'),
      ]),
    );
    const ratio = paired(found[OURS].ns, found[FLOOR].ns);
    const ahead = PEERS.filter(
      (peer) =>
        found[peer] && median(paired(found[peer].ns, found[OURS].ns)) < 1,
    ).map((peer) => ({
      peer,
      skips:
        !right(peer) ||
        SKIPS.some((skip) => skip.peer === peer && skip.where({ label })),
    }));
    return {
      label,
      name,
      size,
      kind: row.kind,
      allow: row.allow,
      cells,
      ratio,
      ahead,
    };
  });
}

function goals(results, mostNames, mostNetworks) {
  const rows = (where) => results.filter(where);
  const worst = (of) =>
    of.reduce((one, other) =>
      median(other.ratio) > median(one.ratio) ? other : one,
    );
  const isName = ({ name, allow }) =>
    allow && (name === 'names' || name === '`.suffix`');
  const atMost = (text, of, limit, remark) => {
    const row = worst(of);
    const figure = median(row.ratio);
    return goal(
      text,
      `${digits(figure)} × (${row.label}, ${row.kind})`,
      figure <= limit,
      remark,
    );
  };
  const grows = (text, sizes, names) => {
    const faster = rows(
      ({ name, size }) => names.includes(name) && size === sizes[0],
    ).filter((small) => {
      const large = results.find(
        ({ name, kind, size }) =>
          name === small.name && kind === small.kind && size === sizes[1],
      );
      return quantile(large.ratio, 0.25) > quantile(small.ratio, 0.75);
    });
    return goal(
      text,
      faster.length === 0
        ? 'it grows in no row'
        : faster.map(({ name, kind }) => `${name}, ${kind}`).join('; '),
      faster.length === 0,
    );
  };
  const behind = rows(({ ahead }) => ahead.some(({ skips }) => !skips));
  const capitals = ({ kind }) => kind === 'in capitals';
  return [
    atMost(
      'an allowed name at 10 names: ≤ 2 × the floor',
      rows((row) => isName(row) && row.size === 10 && !capitals(row)),
      2,
    ),
    atMost(
      'the same, written in capitals',
      rows((row) => isName(row) && row.size === 10 && capitals(row)),
      2,
    ),
    atMost(
      `an allowed name at ${mostNames.toLocaleString('en-US')} names: ≤ 1.5 × the floor`,
      rows((row) => isName(row) && row.size === mostNames && !capitals(row)),
      1.5,
      'A value that comes but once cannot be in the bare Set, which then only misses: one access to memory less than a hit, and at this size such accesses are nearly all of the time. The walk must read the name that it found.',
    ),
    grows(
      `from 10 to ${mostNames.toLocaleString('en-US')} names the ratio to the floor grows no more than its spread`,
      [10, mostNames],
      ['names', '`.suffix`'],
    ),
    grows(
      `from 1 to ${mostNetworks.toLocaleString('en-US')} networks, likewise`,
      [1, mostNetworks],
      ['IPv4 networks', 'IPv6 networks'],
    ),
    atMost(
      'a refused or hostile value: ≤ 10 × the floor',
      rows(({ allow }) => !allow),
      10,
    ),
    goal(
      'faster than each peer in every row, but where it skips a check',
      behind.length === 0
        ? 'in all rows'
        : behind
            .map(
              ({ label, kind, ahead }) =>
                `behind ${ahead.map(({ peer }) => peer).join(', ')}: ${label}, ${kind}`,
            )
            .join('; '),
      behind.length === 0,
      SKIPS.flatMap(({ peer, why }) => {
        const ahead = rows((row) =>
          row.ahead.some((each) => each.peer === peer && each.skips),
        ).map(({ label, kind }) => `${label}, ${kind}`);
        return ahead.length === 0
          ? []
          : `${peer} is ahead in ${ahead.length} of ${results.length} rows, since ${why} (${ahead.join('; ')}).`;
      }).join(' '),
    ),
  ];
}
