import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import ts from 'typescript';

const compiled = join(import.meta.dirname, 'build');
const { resolve } = createRequire(import.meta.url);

/** The public entries, and what `index` loads only when it is needed: see docs/architecture.md. */
const LIBRARY = [
  'index',
  'testing/index',
  'opentelemetry/index',
  'addresses/planned-sources',
  'dynamic-hosts/hosts-stream',
];
/** The program, and its code for the sample. It must not load Nest. */
const CLI = ['cli/main', 'cli/index'];
/** The Nest CLI loads it with require(), by the name in collection.json. */
const SCHEMATIC = 'schematics/nest-add';

/**
 * Puts what `nest build` compiled into one file for each entry, since each further file costs a start as much as 100 kB
 * of code. Comments are left out: they are in the declarations. The code is not minified, so that it can be read.
 */
const bundle = (entries, format, dir) => ({
  input: Object.fromEntries(
    entries.map((entry) => [entry, join(compiled, `${entry}.js`)]),
  ),
  external: (id) => /^[@a-z]/.test(id) && id !== 'tslib',
  context: 'globalThis', // the compiler's decorator helpers look for themselves there
  output: {
    format,
    dir,
    chunkFileNames: 'cli/library.js',
    dynamicImportInCjs: false, // Jest has no import() in CommonJS
    paths: (id) =>
      id.startsWith(compiled)
        ? `./${relative(join(compiled, entries[0], '..'), id)}`.replace(
            './..',
            '..',
          )
        : id,
  },
  plugins: [
    {
      name: 'entries',
      // An entry imports another entry, and does not contain it.
      resolveId: (source, importer) => {
        if (source === 'tslib') return resolve('tslib/tslib.es6.mjs');
        const id = join(importer ?? compiled, '..', source);
        return importer !== undefined &&
          LIBRARY.includes(relative(compiled, id).replace(/\.js$/, ''))
          ? { id, external: 'absolute' }
          : null;
      },
      renderChunk: (code) =>
        ts.transpile(code, {
          target: ts.ScriptTarget.ESNext,
          module: ts.ModuleKind.Preserve,
          removeComments: true,
        }),
    },
  ],
});

/**
 * Each format needs declarations of its own; they stay as the compiler made them.
 *
 * @param withoutTypes folders that have none in this format
 * @param assets more files of the format, by name
 */
const files = (dir, withoutTypes, assets) => ({
  name: 'files',
  buildStart: () => rmSync(dir, { recursive: true, force: true }),
  generateBundle() {
    const emit = (fileName, source) =>
      this.emitFile({ type: 'asset', fileName, source });
    for (const path of readdirSync(compiled, {
      encoding: 'utf8',
      recursive: true,
    }))
      if (path.endsWith('.d.ts') && !withoutTypes.test(path))
        emit(path, readFileSync(join(compiled, path), 'utf8'));
    for (const [name, source] of Object.entries(assets)) emit(name, source);
  },
});

const build = (format, dir, bundles, withoutTypes, assets) => {
  const [first, ...others] = bundles.map((entries) =>
    bundle(entries, format, dir),
  );
  first.plugins.push(files(dir, withoutTypes, assets));
  return [first, ...others];
};

const library = LIBRARY.map((entry) => [entry]);
const source = (path) => ({ [path]: readFileSync(`src/${path}`, 'utf8') });

export default [
  ...build('es', 'dist/esm', [...library, CLI], /^schematics/, {
    'package.json': '{ "type": "module" }\n',
  }),
  ...build('cjs', 'dist/cjs', [...library, [SCHEMATIC]], /^(cli|schematics)/, {
    'package.json': '{ "type": "commonjs" }\n',
    ...source('schematics/collection.json'),
    ...source('schematics/schema.json'),
  }),
];
