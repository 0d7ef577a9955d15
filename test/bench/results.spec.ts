import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';

const bench = join(import.meta.dirname, '../../bench');
const rendered = mkdtempSync(join(tmpdir(), 'rendered-'));

const render = (from: string, target: string) =>
  execFileSync(process.execPath, [join(bench, 'render.mjs'), from, target]);

/** RESULTS.md and the charts, by path. */
function filesOf(folder: string): Record<string, string> {
  const charts = readdirSync(join(folder, 'charts')).map(
    (name) => `charts/${name}`,
  );
  return Object.fromEntries(
    ['RESULTS.md', ...charts].map((path) => [
      path,
      readFileSync(join(folder, path), 'utf8'),
    ]),
  );
}

/** The text of each kind of element. It throws if the XML is not well-formed. */
function textsOf(xml: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const open: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => open.push(name));
  parser.on('closetag', () => open.pop());
  parser.on('text', (text) => {
    const name = open.at(-1) ?? '';
    texts.set(name, (texts.get(name) ?? '') + text);
  });
  parser.write(xml).close();
  return texts;
}

describe('the results of the bench', () => {
  beforeAll(() => render(bench, rendered));
  afterAll(() => rmSync(rendered, { recursive: true }));

  it('are what the renderer makes of the figures', () => {
    expect(filesOf(bench)).toEqual(filesOf(rendered));
  });

  it('have charts that are well-formed, and whose title the page shows as alternative text', () => {
    const { 'RESULTS.md': page = '', ...charts } = filesOf(rendered);
    expect(Object.keys(charts)).toEqual([
      'charts/refusal.svg',
      'charts/restart.svg',
      'charts/verdict.svg',
    ]);
    for (const [path, svg] of Object.entries(charts)) {
      const texts = textsOf(svg);
      expect(texts.get('desc')).toMatch(/\d/);
      expect(page).toContain(`![${texts.get('title')}](${path})`);
    }
  });

  it('have a column for each Node, and the reason why a part was not measured', () => {
    const folder = mkdtempSync(join(tmpdir(), 'figures-'));
    cpSync(join(bench, 'results'), join(folder, 'results'), {
      recursive: true,
    });
    const [file = ''] = readdirSync(join(folder, 'results'));
    const parts: Record<string, object> = JSON.parse(
      readFileSync(join(folder, 'results', file), 'utf8'),
    );
    parts['restart'] = {
      ...parts['restart'],
      figures: { skipped: 'HAProxy is not installed' },
    };
    writeFileSync(join(folder, 'results/node-99.json'), JSON.stringify(parts));
    render(folder, folder);
    const { 'RESULTS.md': page = '' } = filesOf(folder);
    rmSync(folder, { recursive: true });
    expect(page).toMatch(/^\| target +\| Node 99 +\| Node \d+ /m);
    expect(page).toMatch(
      /^\| a rolling restart .* \| not measured: HAProxy is not installed +\| (met|\*\*not met\*\*): /m,
    );
  });
});
