import * as Plot from '@observablehq/plot';
import { digits, median } from '../lib/figures.mjs';
import { chart, COLORS } from './svg.mjs';
import { BASELINE, LIBRARY, peersOf, ratioOf } from './verdict.mjs';

/** The time of a verdict by the size of the list, for each candidate. */
export function verdictChart({ node, quick, figures }) {
  const rows = figures.rows.filter(
    ({ name, kind }) => name === 'names' && kind === 'listed',
  );
  const points = rows.flatMap(({ size, candidates }) =>
    Object.entries(candidates).map(([name, { ns }]) => ({
      name,
      size,
      ns: median(ns),
    })),
  );
  const sizes = rows.map(({ size }) => size);
  const largest = Math.max(...sizes);
  const ends = spaced(points.filter(({ size }) => size === largest));
  const peers = peersOf(rows);
  const names = [LIBRARY, BASELINE, ...peers];
  const ofRatios = rows.map((row) => median(ratioOf(row)));
  const range = `${digits(Math.min(...ofRatios))} to ${digits(Math.max(...ofRatios))}`;
  return chart(
    {
      title: `A listed name takes ${range} × the time of a bare Set, however long the list is`,
      subtitle: `A listed name, by the number of names in the list; Node ${node}`,
      isResult: !quick,
      description: points
        .map(
          ({ name, size, ns }) =>
            `${name}, ${size.toLocaleString('en-US')} names: ${digits(ns)} ns.`,
        )
        .join(' '),
    },
    {
      height: 470,
      marginLeft: 92,
      marginRight: 355,
      x: {
        type: 'log',
        label: 'names in the list',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 46,
        ticks: sizes,
        tickFormat: (size) => size.toLocaleString('en-US'),
      },
      y: {
        type: 'log',
        label: 'time of a verdict',
        labelOffset: 72,
        labelAnchor: 'center',
        labelArrow: 'none',
        grid: true,
        domain: [10, 1e8],
        ticks: [10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8],
        tickFormat: timeOf,
      },
      color: {
        domain: names,
        range: [COLORS.library, COLORS.baseline, ...COLORS.peers],
      },
      marks: [
        Plot.line(points, {
          x: 'size',
          y: 'ns',
          stroke: 'name',
          marker: 'dot',
          strokeWidth: ({ name }) => (name === LIBRARY ? 3.5 : 1.8),
        }),
        Plot.text(ends, {
          x: 'size',
          y: 'labelNs',
          text: ({ name, ns }) => `${LABELS[name] ?? name}, ${timeOf(ns)}`,
          fill: 'name',
          fontWeight: 600,
          textAnchor: 'start',
          dx: 9,
        }),
      ],
    },
  );
}

const LABELS = {
  'the same, frozen list': 'host-validation-middleware, frozen list',
};

/** Labels at the ends of the lines, far enough from each other on the logarithmic axis. */
function spaced(ends) {
  let lowest = 0;
  return ends
    .sort((one, other) => one.ns - other.ns)
    .map((end) => {
      const labelNs = Math.max(end.ns, lowest);
      lowest = labelNs * 2.4;
      return { ...end, labelNs };
    });
}

function timeOf(ns) {
  const [value, unit] =
    ns >= 1e6 ? [ns / 1e6, 'ms'] : ns >= 1e3 ? [ns / 1e3, 'µs'] : [ns, 'ns'];
  return `${Number(value.toPrecision(2))} ${unit}`;
}
