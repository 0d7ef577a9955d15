// Compiles TypeScript files one by one. Plain JavaScript, because `npm run bench` runs it without a compiler.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';

const root = join(import.meta.dirname, '../..');

/** See compile.d.mts. */
export function compile(more, nest) {
  const target = mkdtempSync(
    join(root, nest === 11 ? 'test/nest-11' : '', 'dist-'),
  );
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  for (const path of ['src', ...more].flatMap(sourcesOf))
    compileFile(path, target);
  return target;
}

function sourcesOf(path) {
  if (/\.(ts|mjs)$/.test(path)) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .map((file) => join(path, String(file)))
    .filter((file) => file.endsWith('.ts'));
}

/** See compile.d.mts. */
export function toJavaScript(path) {
  return transformFileSync(join(root, path), {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'es6' },
    swcrc: false,
  }).code;
}

function compileFile(path, target) {
  const file = join(target, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(file), { recursive: true });
  if (path.endsWith('.mjs')) return copyFileSync(join(root, path), file);
  const library = relative(dirname(path), 'src/index.js');
  writeFileSync(
    file,
    toJavaScript(path).replaceAll(
      /(?<=(['"]))nestjs-allowed-hosts(?=\1)/g,
      library,
    ),
  );
}
