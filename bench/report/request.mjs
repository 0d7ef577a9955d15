import {
  digits,
  median,
  ratios,
  spread,
  table,
  target,
} from '../lib/figures.mjs';

/** The table of the request part and its target. */
export function reportRequest({ rounds, count, rows }) {
  const results = rows.map(resultOf);
  const listed = results.filter(({ name }) => name === 'listed');
  const worst = Math.max(
    ...listed.flatMap(({ ratio, cpuRatio }) => [
      median(ratio),
      median(cpuRatio),
    ]),
  );
  return {
    title: 'Request',
    text: `ns per request: the server's \`request\` event, the gate around it, the gate in the framework, the guard; with \`IncomingMessage\`s of 12 new headers, ${rounds} rounds of ${count.toLocaleString('en-US')} requests in turns. "Baseline" is the event and the access to \`request.headers\`, which every framework needs. Two Host headers are refused, which is verified first. "A new name each time" is an attacker who fills the caches of hosts: every cache is full and evicts.`,
    markdown: table(
      [
        'platform',
        'request',
        'baseline',
        'with gate and guard',
        'ratio',
        'ratio of the CPU time',
      ],
      results.map(({ platform, name, baseline, checked, ratio, cpuRatio }) => [
        platform,
        name,
        ...[baseline, checked, ratio, cpuRatio].map(spread),
      ]),
    ),
    targets: [
      // Gate and guard take no longer than what every framework needs before them.
      target(
        `an ordinary request of a browser, with gate and guard: ≤ ${MOST} × the request event and its headers alone`,
        `${digits(worst)} ×`,
        worst <= MOST,
      ),
    ],
  };
}

const MOST = 2;

function resultOf({ platform, name, baseline, checked }) {
  const series = (rounds, figure) => rounds.map((round) => round[figure]);
  const ratio = (figure) =>
    ratios(series(checked, figure), series(baseline, figure));
  return {
    platform,
    name,
    baseline: series(baseline, 'ns'),
    checked: series(checked, 'ns'),
    ratio: ratio('ns'),
    cpuRatio: ratio('cpuNs'),
  };
}
