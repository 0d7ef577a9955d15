import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import ts from 'typescript';

const compiled = join(import.meta.dirname, 'build');
const { resolve } = createRequire(import.meta.url);

/** The public entries, and what `index` loads only when it is needed: see docs/architecture.md. */
const ENTRIES = [
  'index',
  'testing/index',
  'opentelemetry/index',
  'addresses/planned-sources',
  'dynamic-hosts/hosts-stream',
];

/**
 * Puts what `nest build` compiled into one file for each entry, since each further file costs a start as much as 100 kB
 * of code. Comments are left out: they are in the declarations. The code is not minified, so that it can be read.
 */
const bundle = (entry, format, dir) => ({
  input: { [entry]: join(compiled, `${entry}.js`) },
  external: (id) => /^[@a-z]/.test(id) && id !== 'tslib',
  context: 'globalThis', // the compiler's decorator helpers look for themselves there
  output: {
    format,
    dir,
    dynamicImportInCjs: false, // Jest has no import() in CommonJS
    paths: (id) =>
      id.startsWith(compiled)
        ? `./${relative(join(compiled, entry, '..'), id)}`.replace('./..', '..')
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
          ENTRIES.includes(relative(compiled, id).replace(/\.js$/, ''))
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

/** Each format needs declarations of its own; they stay as the compiler made them. */
const declarations = (dir, manifest) => ({
  name: 'declarations',
  buildStart: () => rmSync(dir, { recursive: true, force: true }),
  generateBundle() {
    const emit = (fileName, source) =>
      this.emitFile({ type: 'asset', fileName, source });
    for (const path of readdirSync(compiled, {
      encoding: 'utf8',
      recursive: true,
    }))
      if (path.endsWith('.d.ts'))
        emit(path, readFileSync(join(compiled, path), 'utf8'));
    emit('package.json', manifest);
  },
});

const build = (format, dir, manifest) => {
  const [first, ...others] = ENTRIES.map((entry) => bundle(entry, format, dir));
  first.plugins.push(declarations(dir, manifest));
  return [first, ...others];
};

export default [
  ...build('es', 'dist/esm', '{ "type": "module" }\n'),
  ...build('cjs', 'dist/cjs', '{ "type": "commonjs" }\n'),
];
