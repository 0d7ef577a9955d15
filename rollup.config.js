import { readdirSync, readFileSync, rmSync } from 'node:fs';

/**
 * Puts what `nest build` compiled into few files, for `import` and for `require`: a start loads them in 6 ms, where
 * a file for each source file took 18. It is not minified: those who install it can read it.
 *
 * @param root the folder of `build/` that holds the entries
 * @param assets more files of the package, by name
 */
const bundle = (format, dir, root, entries, assets = {}) => ({
  input: Object.fromEntries(
    entries.map((entry) => [entry, `./build/${root}${entry}.js`]),
  ),
  external: /^[@a-z]/,
  context: 'globalThis', // the compiler's decorator helpers look for themselves there
  output: { format, dir, chunkFileNames: 'library.js' },
  plugins: [
    {
      name: 'package',
      buildStart: () => rmSync(dir, { recursive: true, force: true }),
      generateBundle() {
        const emit = (fileName, source) =>
          this.emitFile({ type: 'asset', fileName, source });
        // Each format needs declarations of its own; they stay as the compiler made them.
        for (const path of readdirSync(`build/${root}`, {
          encoding: 'utf8',
          recursive: true,
        }))
          if (path.endsWith('.d.ts') && !/^(cli|schematics)/.test(path))
            emit(path, readFileSync(`build/${root}${path}`, 'utf8'));
        for (const [name, source] of Object.entries(assets)) emit(name, source);
      },
    },
  ],
});

const entries = ['index', 'testing/index', 'opentelemetry/index'];
// The Nest CLI loads it with require(), by the name in collection.json; nobody imports it.
const schematic = 'schematics/nest-add';
const schematicFiles = Object.fromEntries(
  ['schematics/collection.json', 'schematics/schema.json'].map((path) => [
    path,
    readFileSync(`src/${path}`, 'utf8'),
  ]),
);

export default [
  bundle('es', 'dist/esm', '', entries, {
    'package.json': '{ "type": "module" }\n',
  }),
  bundle('cjs', 'dist/cjs', '', [...entries, schematic], {
    'package.json': '{ "type": "commonjs" }\n',
    ...schematicFiles,
  }),
  // A bundle of its own, because it must not load Nest. A program needs one format only.
  bundle('es', 'dist/esm/cli', 'cli/', ['main', 'index']),
];
