import * as Plot from '@observablehq/plot';
import { digits, median } from '../lib/figures.mjs';
import { KINDS, refusalRatio } from './refusal.mjs';
import { chart, COLORS } from './svg.mjs';

const PLATFORMS = { express: 'Express', fastify: 'Fastify' };

/** The CPU time of a refusal as a ratio to a 404 of the same server. */
export function refusalChart({ node, quick, figures }) {
  const bars = figures.rows
    .filter(({ name }) => KINDS.includes(name))
    .map((row) => ({
      platform: PLATFORMS[row.platform],
      kind: row.name,
      routes: `${row.routes} routes with a rule`,
      ratio: median(refusalRatio(row)),
    }));
  const ratios = bars.map(({ ratio }) => ratio);
  const range = `${digits(Math.min(...ratios))} to ${digits(Math.max(...ratios))}`;
  return chart(
    {
      title: `A refusal takes ${range} × the CPU time of a 404 of the same server`,
      subtitle: `Each refused value is new, and logging is on; Node ${node}`,
      isResult: !quick,
      description: bars
        .map(
          ({ platform, kind, routes, ratio }) =>
            `${platform}, ${routes}, ${kind}: ${digits(ratio)} times a 404.`,
        )
        .join(' '),
    },
    {
      height: 500,
      marginLeft: 140,
      marginRight: 40,
      marginTop: 40,
      fx: { domain: Object.values(PLATFORMS), axis: null, padding: 0.12 },
      fy: { axis: null, padding: 0.3 },
      x: {
        label: 'CPU time of a refusal, as a ratio to a 404',
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 46,
        domain: [0, Math.max(1.3, ...ratios.map((ratio) => ratio * 1.15))],
        grid: true,
        ticks: 5,
      },
      y: { domain: KINDS, label: null },
      marks: [
        Plot.barX(bars, {
          fx: 'platform',
          fy: 'routes',
          y: 'kind',
          x: 'ratio',
          fill: ({ ratio }) => (ratio <= 1 ? COLORS.library : COLORS.bad),
        }),
        Plot.ruleX([1], { strokeWidth: 2, strokeDasharray: '4 3' }),
        Plot.text(bars, {
          fx: 'platform',
          fy: 'routes',
          y: 'kind',
          x: 'ratio',
          text: ({ ratio }) => digits(ratio),
          textAnchor: 'start',
          dx: 5,
          className: 'halo',
        }),
        Plot.text([1], {
          x: (x) => x,
          frameAnchor: 'top',
          text: () => 'a 404',
          dy: -14,
          fontStyle: 'italic',
          className: 'halo',
        }),
        Plot.text(
          bars.filter(({ kind }) => kind === KINDS[0]),
          {
            fx: 'platform',
            fy: 'routes',
            frameAnchor: 'top-left',
            text: ({ platform, routes }) => `${platform}, ${routes}`,
            dy: -30,
            fontWeight: 600,
          },
        ),
      ],
    },
  );
}
