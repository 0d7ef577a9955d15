import { table } from '../lib/figures.mjs';
import { reportInstructions } from './instructions.mjs';
import { reportRefusal } from './refusal.mjs';
import { reportRestart } from './restart.mjs';
import { reportStart } from './start.mjs';
import { reportVerdict } from './verdict.mjs';

const REPORTS = {
  verdict: reportVerdict,
  refusal: reportRefusal,
  restart: reportRestart,
  instructions: reportInstructions,
  start: reportStart,
};

/** The parts of the bench. */
export const PARTS = Object.keys(REPORTS);

/**
 * The text of RESULTS.md.
 *
 * @param nodes the figures of each Node, the newest first
 * @param charts the name and the description of each chart
 */
export function pageOf(nodes, charts) {
  const reports = new Map(
    PARTS.map((name) => [
      name,
      nodes.flatMap(({ major, parts }) =>
        parts[name] ? { major, ...reportOf(name, parts[name].figures) } : [],
      ),
    ]),
  );
  return [
    '# Results',
    '`npm run bench` measures, writes the figures to `results/`, and renders this page and the charts from them. Do not edit it.',
    ...quickNote(nodes),
    ...charts.map(({ name, title }) => `![${title}](charts/${name}.svg)`),
    '## Targets',
    targetTable(nodes, [...reports.values()]),
    notes([...reports.values()]),
    '## How it was measured',
    nodes.map(runOf).join('\n'),
    'A figure is a median; the quartiles are in brackets. A ratio is calculated within a round, then its median over all rounds: what slows down a whole round has no effect on it. Machines differ by a factor of three, so each target is a ratio.',
    ...[...reports.values()].flatMap(sectionOf),
    '',
  ].join('\n\n');
}

const reportOf = (name, figures) =>
  figures.skipped === undefined
    ? REPORTS[name](figures)
    : { skipped: figures.skipped, targets: [] };

const partsOf = ({ parts }) => Object.values(parts);

function quickNote(nodes) {
  return nodes.flatMap(partsOf).some(({ quick }) => quick)
    ? [
        '> **This is no result.** `npm run bench -- --quick` measured these figures with too few rounds, on a busy machine.',
      ]
    : [];
}

function runOf({ parts }) {
  const [{ node, machine }] = Object.values(parts);
  const seconds = partsOf({ parts }).reduce(
    (sum, part) => sum + part.seconds,
    0,
  );
  return `- Node ${node}: ${machine}, ${Math.ceil(seconds / 60)} minutes in all`;
}

/** The targets, with a column for each Node. */
function targetTable(nodes, reports) {
  const rows = reports.flatMap((ofNodes) => {
    const texts = new Set(
      ofNodes.flatMap(({ targets }) => targets.map(({ text }) => text)),
    );
    return [...texts].map((text) => [
      text,
      ...nodes.map(({ major }) => cellOf(ofNodes, major, text)),
    ]);
  });
  return table(['target', ...nodes.map(({ major }) => `Node ${major}`)], rows);
}

function cellOf(ofNodes, major, text) {
  const report = ofNodes.find((one) => one.major === major);
  if (report === undefined) return 'not measured';
  if (report.skipped !== undefined) return `not measured: ${report.skipped}`;
  const found = report.targets.find((target) => target.text === text);
  if (found === undefined) return 'not measured';
  return `${found.met ? 'met' : '**not met**'}: ${found.figure}`;
}

/** The notes on targets, as the newest Node has them. */
const notes = (reports) =>
  reports
    .flatMap(([newest]) => newest?.targets ?? [])
    .filter(({ note }) => note !== '')
    .map(({ text, note }) => `- _${text}_: ${note}`)
    .join('\n');

/** The tables of a part: those of the newest Node open, those of the others closed. */
function sectionOf(reports) {
  const [newest, ...others] = reports.filter(
    ({ skipped }) => skipped === undefined,
  );
  if (newest === undefined) return [];
  return [
    `## ${newest.title}`,
    newest.text,
    `Node ${newest.major}:`,
    newest.markdown,
    ...others.flatMap(({ major, markdown }) => [
      `<details><summary>Node ${major}</summary>`,
      markdown,
      '</details>',
    ]),
  ];
}
