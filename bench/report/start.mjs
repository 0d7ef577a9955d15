import {
  digits,
  median,
  ratios,
  spread,
  table,
  target,
} from '../lib/figures.mjs';

const TERMINUS = 'Terminus alone';
const LIBRARY = 'this library';
const SET = 'bare Set';

/** The tables of the start part and their targets. */
export function reportStart({ rounds, names, starts, holders }) {
  return {
    title: 'Start and memory',
    text: `A start is a process of its own, ${rounds} of each in turns. Nest and its Express platform are loaded before; Terminus and this library are loaded within the time. With a check of its own, an application loads both. Memory is what ${names.toLocaleString('en-US')} names, decoded from bytes, add to a process in which only their holder remains: heap with typed arrays, after garbage collection.`,
    markdown: `${startTable(starts)}\n\n${memoryTable(holders, names)}`,
    targets: targetsOf(names, starts, holders),
  };
}

function startTable(starts) {
  return table(
    ['start', 'import and create to listening, ms', `ratio to ${TERMINUS}`],
    Object.keys(starts).map((variant) => [
      variant,
      spread(seriesOf(starts[variant], 'totalMs')),
      spread(startRatios(starts, variant)),
    ]),
  );
}

function memoryTable(holders, names) {
  return table(
    [
      `${names.toLocaleString('en-US')} names`,
      'built in, ms',
      'ratio to the bare Set',
      'heap, MB',
      'ratio to the bare Set',
      'RSS, MB',
    ],
    Object.keys(holders).map((holder) => [
      holder,
      spread(seriesOf(holders[holder], 'ms')),
      spread(holderRatios(holders, holder, 'ms')),
      spread(seriesOf(holders[holder], 'heapMB')),
      spread(holderRatios(holders, holder, 'heapMB')),
      spread(seriesOf(holders[holder], 'rssMB')),
    ]),
  );
}

function targetsOf(names, starts, holders) {
  const count = names.toLocaleString('en-US');
  const build = median(holderRatios(holders, LIBRARY, 'ms'));
  const heap = median(holderRatios(holders, LIBRARY, 'heapMB'));
  const start = startRatios(starts, LIBRARY);
  return [
    target(
      `${count} names: compiled within 2 × the time to build the bare Set`,
      `${digits(build)} ×`,
      build <= 2,
    ),
    target(
      `${count} names: heap ≤ 1.5 × the bare Set`,
      `${digits(heap)} ×`,
      heap <= 1.5,
    ),
    target(
      'a start elsewhere than on AWS, import included: ≤ 1.10 × Terminus alone',
      `${spread(start)} ×`,
      median(start) <= 1.1,
    ),
  ];
}

const seriesOf = (rounds, figure) => rounds.map((round) => round[figure]);

/** The ratio to the bare Set, round by round. */
const holderRatios = (holders, holder, figure) =>
  ratios(seriesOf(holders[holder], figure), seriesOf(holders[SET], figure));

const startRatios = (starts, variant) =>
  ratios(
    seriesOf(starts[variant], 'totalMs'),
    seriesOf(starts[TERMINUS], 'totalMs'),
  );
