import * as Plot from '@observablehq/plot';
import { count } from './restart.mjs';
import { chart, COLORS } from './svg.mjs';

const PLATFORM = 'express';

/** The requests that are answered and lost during a rolling restart, with a grace and without. */
export function restartChart({ node, quick, figures: { binMs, runs } }) {
  const shown = runs
    .filter(({ platform }) => platform === PLATFORM)
    .sort((one, other) => other.graceMs - one.graceMs)
    .map((run) => ({ ...run, label: labelOf(run) }));
  const [withGrace, without] = shown;
  const bars = shown.flatMap((run) =>
    ['answered', 'lost'].flatMap((outcome) =>
      run[outcome].map((requests, i) => ({
        label: run.label,
        outcome,
        requests,
        from: (i * binMs) / 1000,
        to: ((i + 1) * binMs) / 1000,
      })),
    ),
  );
  const signals = shown.flatMap(({ label, signalsMs }) =>
    signalsMs.map((ms, i) => ({
      label,
      at: ms / 1000,
      text: `SIGTERM ${i + 1}`,
    })),
  );
  return chart(
    {
      title: `A rolling restart loses ${count(withGrace.lostInAll)} of ${count(withGrace.sent)} requests with the grace, ${count(without.lostInAll)} of ${count(without.sent)} without`,
      subtitle: `Three processes on Express behind HAProxy, one after another; Node ${node}`,
      isResult: !quick,
      description: shown
        .map(
          ({ label, signalsMs, answered }) =>
            `${label}, in ${(answered.length * binMs) / 1000} s; SIGTERM after ${signalsMs.map((ms) => (ms / 1000).toFixed(1)).join(', ')} s.`,
        )
        .join(' '),
    },
    {
      height: 470,
      marginLeft: 70,
      marginRight: 30,
      marginTop: 22,
      fy: {
        domain: shown.map(({ label }) => label),
        axis: null,
        padding: 0.26,
      },
      x: {
        label: 'seconds',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 46,
      },
      y: {
        label: `requests in ${binMs} ms`,
        labelOffset: 50,
        labelAnchor: 'center',
        labelArrow: 'none',
        domain: [0, 1.25 * highest(shown)],
        grid: true,
        ticks: 4,
      },
      color: {
        domain: ['answered', 'lost'],
        range: [COLORS.library, COLORS.bad],
      },
      marks: [
        Plot.rectY(
          bars,
          Plot.stackY({
            fy: 'label',
            x1: 'from',
            x2: 'to',
            y: 'requests',
            fill: 'outcome',
            order: ['answered', 'lost'],
            inset: 0,
          }),
        ),
        Plot.ruleX(signals, { fy: 'label', x: 'at', strokeDasharray: '3 3' }),
        Plot.text(signals, {
          fy: 'label',
          x: 'at',
          frameAnchor: 'top',
          text: 'text',
          textAnchor: 'start',
          dx: 4,
          dy: 2,
          fontSize: 11,
          className: 'halo',
        }),
        Plot.text(shown, {
          fy: 'label',
          frameAnchor: 'top-left',
          text: 'label',
          dy: -18,
          fontWeight: 600,
        }),
        Plot.ruleY([0]),
      ],
    },
  );
}

/** The most requests in one interval. */
const highest = (runs) =>
  Math.max(
    ...runs.flatMap(({ answered, lost }) =>
      answered.map((requests, i) => requests + lost[i]),
    ),
  );

const labelOf = ({ graceMs, sent, lostInAll }) =>
  `${graceMs > 0 ? `With a grace of ${graceMs / 1000} s` : 'Without a grace'}: ${count(lostInAll)} of ${count(sent)} requests lost${lostInAll > 0 ? ' (red)' : ''}`;
