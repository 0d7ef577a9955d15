import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from './compile.js';

declare const NEST_MAJOR: number;

/**
 * The library and an application as JavaScript, for a process of its own; removed after the tests of the file.
 *
 * @param files paths in the repository; the first is the one to run
 * @param nest the major version of Nest that the process gets
 * @returns the path of the first file
 */
export function builtApp(
  files: readonly string[],
  nest: number = NEST_MAJOR,
): string {
  const target = compile(files, nest);
  afterAll(() => rmSync(target, { recursive: true }));
  return join(target, (files[0] ?? '').replace(/\.ts$/, '.js'));
}
