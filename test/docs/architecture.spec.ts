import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { codeIn, tableUnder } from './markdown.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const rows = tableUnder('Folders', page).map(
  ([place = '', , mayImport = '', tests = '']) => ({
    place: codeIn(place)[0] ?? '',
    mayImport: codeIn(mayImport),
    tests: codeIn(tests),
  }),
);

/** Where a file of src belongs: its folder, or the file itself if it is directly in src. */
const placeOf = (path: string) => {
  const [first = '', ...rest] = path.split('/');
  return rest.length === 0 ? first : `${first}/`;
};

/** What the files of a folder import from elsewhere in src, types included. */
function importsOf(place: string): readonly string[] {
  const files = place.endsWith('/')
    ? readdirSync(join(root, 'src', place), {
        encoding: 'utf8',
        recursive: true,
      }).map((name) => `${place}${name}`)
    : [place];
  const imports = files
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) =>
      [
        ...readFileSync(join(root, 'src', path), 'utf8').matchAll(
          /(?:from|import\()\s*'(\.[^']+)\.js'/g,
        ),
      ].map(([, specifier = '']) =>
        placeOf(posix.join(dirname(path), `${specifier}.ts`)),
      ),
    );
  return [...new Set(imports)].filter((other) => other !== place);
}

/** Test files that are being renamed to these names. Remove this once they exist. */
const RENAMED =
  /^test\/(?:support\/|e2e\/(?:route-rules|hosts-observable|lookup|disconnects|host-sources|compatibility)\.spec\.ts$)/;

describe('docs/architecture.md', () => {
  it('has a row for each folder of src', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${name}/`);
    const named = rows
      .map(({ place }) => place)
      .filter((place) => place.endsWith('/'));
    expect(named.toSorted()).toEqual(folders.toSorted());
  });

  it.each(rows)('$place imports only what its row allows', (row) => {
    const others = importsOf(row.place);
    expect(others.filter((other) => !row.mayImport.includes(other))).toEqual(
      [],
    );
  });

  it('has a row for each file of the gate', () => {
    const named = tableUnder('Inside the gate', page).map(
      ([file = '']) => codeIn(file)[0],
    );
    expect(new Set(named)).toEqual(
      new Set(readdirSync(join(root, 'src/gate'))),
    );
  });

  it('no folder is imported in a circle', () => {
    // The rows go from the bottom layer to the top, so a row names only rows above it.
    const places = rows.map(({ place }) => place);
    for (const [index, { mayImport }] of rows.entries())
      for (const other of mayImport.filter((name) => places.includes(name)))
        expect(places.indexOf(other)).toBeLessThan(index);
  });

  it('names only files that exist', () => {
    const paths = codeIn(page)
      .filter((code) => /^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(code))
      .filter((code) => /\/|\.(?:ts|md|json)$/.test(code));
    expect(paths.length).toBeGreaterThan(40);
    const missing = paths.filter(
      (path) =>
        !RENAMED.test(path) &&
        !['', 'src', 'src/gate'].some((folder) =>
          existsSync(join(root, folder, path)),
        ),
    );
    expect(missing).toEqual([]);
  });
});
