/** Renders RESULTS.md and the charts from the raw figures: `node bench/render.mjs [folder] [target]`. It measures nothing. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { pageOf } from './report/page.mjs';
import { refusalChart } from './report/refusal-chart.mjs';
import { restartChart } from './report/restart-chart.mjs';
import { verdictChart } from './report/verdict-chart.mjs';

const CHARTS = {
  verdict: verdictChart,
  refusal: refusalChart,
  restart: restartChart,
};

/**
 * @param folder has the figures in `results/`
 * @param target gets RESULTS.md and `charts/`
 */
export async function render(folder, target) {
  const nodes = readNodes(join(folder, 'results'));
  const charts = Object.entries(CHARTS).flatMap(([name, draw]) => {
    // A chart shows the newest Node that has the figures.
    const node = nodes.find(({ parts }) => isMeasured(parts[name]));
    return node ? [{ name, ...draw(node.parts[name]) }] : [];
  });
  mkdirSync(join(target, 'charts'), { recursive: true });
  for (const { name, svg } of charts)
    writeFileSync(join(target, `charts/${name}.svg`), svg);
  writeFileSync(
    join(target, 'RESULTS.md'),
    await format(pageOf(nodes, charts), { parser: 'markdown' }),
  );
}

const isMeasured = (part) =>
  part !== undefined && part.figures.skipped === undefined;

/** The figures of each Node, the newest first. */
function readNodes(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      major: Number(/\d+/.exec(file)?.[0]),
      parts: JSON.parse(readFileSync(join(folder, file), 'utf8')),
    }))
    .sort((one, other) => other.major - one.major);
}

if (process.argv[1] === import.meta.filename) {
  const [folder = import.meta.dirname, target = folder] = process.argv.slice(2);
  await render(folder, target);
}
