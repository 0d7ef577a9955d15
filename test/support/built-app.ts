import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFileSync } from '@swc/core';

const root = join(import.meta.dirname, '../..');

/**
 * Compiles the library and files of the tests to JavaScript, for a process of its own. It is independent of the last
 * build, and is removed after the tests of the file.
 *
 * @param files paths in the repository; the first is the one to run
 * @param nest the major version of Nest that the process gets
 * @returns the path of the first file
 */
export function builtApp(files: readonly string[], nest: 11 | 12 = 12): string {
  // Packages resolve from the directory of the compiled files.
  const target = mkdtempSync(
    join(root, nest === 11 ? 'test/nest-11' : '', 'dist-'),
  );
  afterAll(() => rmSync(target, { recursive: true }));
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  const sources = readdirSync(join(root, 'src'), {
    encoding: 'utf8',
    recursive: true,
  })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('src', path));
  for (const path of [...sources, ...files]) build(path, target);
  return compiledPath(files[0] ?? '', target);
}

function build(path: string, target: string): void {
  const { code } = transformFileSync(join(root, path), {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'es6' },
    swcrc: false,
  });
  const file = compiledPath(path, target);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code);
}

const compiledPath = (path: string, target: string) =>
  join(target, path.replace(/\.ts$/, '.js'));
