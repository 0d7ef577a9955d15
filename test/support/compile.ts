import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';

declare const NEST_MAJOR: number;

const root = join(import.meta.dirname, '../..');

/**
 * Compiles the library and more from their current sources, independent of the last build, for a process of its own.
 *
 * @param more files or folders, from the root of the repository
 * @param nest the major version of Nest that the process gets
 * @returns a directory inside the repository, so that packages resolve; the caller removes it
 */
export function compile(
  more: readonly string[],
  nest: number = NEST_MAJOR,
): string {
  const target = mkdtempSync(
    join(root, nest === 11 ? 'test/nest-11' : '', 'dist-'),
  );
  writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
  for (const path of ['src', ...more].flatMap(sourcesOf))
    compileFile(path, target);
  return target;
}

function sourcesOf(path: string): string[] {
  if (path.endsWith('.ts')) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .map((file) => join(path, String(file)))
    .filter((file) => file.endsWith('.ts'));
}

/** The JavaScript of a file, by its path from the root of the repository. */
export function toJavaScript(path: string): string {
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

function compileFile(path: string, target: string): void {
  const code = toJavaScript(path);
  const library = relative(dirname(path), 'src/index.js');
  const file = join(target, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    code.replaceAll(/(?<=(['"]))nestjs-allowed-hosts(?=\1)/g, library),
  );
}
