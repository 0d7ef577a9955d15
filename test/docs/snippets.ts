import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Block } from './markdown.js';

const root = join(import.meta.dirname, '../..');
const folder = join(import.meta.dirname, `.snippets-${process.pid}`);

/**
 * Puts blocks beside each other as files, so that they can be imported and import each other. The package's name
 * leads to its sources: what is shown is what stands there now, not what was last built.
 */
export function writeSnippets(
  blocks: readonly Block[],
  besides: Readonly<Record<string, string>>,
): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const files = [
    ...Object.entries(besides),
    ...blocks.map(({ name = 'unnamed.ts', text }) => [name, text] as const),
  ];
  for (const [name, text] of files) {
    writeFileSync(
      join(folder, name),
      text
        .replaceAll(`'nestjs-allowed-hosts'`, `'../../../src/index.js'`)
        .replaceAll(
          `'nestjs-allowed-hosts/testing'`,
          `'../../../src/testing/index.js'`,
        )
        .replaceAll(
          `'nestjs-allowed-hosts/opentelemetry'`,
          `'../../../src/opentelemetry/index.js'`,
        ),
    );
  }
}

export function removeSnippets(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Imports one of the files written. */
export async function snippet<T>(name: string): Promise<T> {
  return (await import(join(folder, name))) as T;
}

/** What the compiler says of them, under the options of the tests. */
export function typeErrors(names: readonly string[]): readonly string[] {
  const { config } = ts.readConfigFile(
    join(root, 'test/tsconfig.json'),
    (path) => ts.sys.readFile(path),
  ) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, include: [], files: [] },
    ts.sys,
    join(root, 'test'),
  );
  const program = ts.createProgram(
    names.map((name) => join(folder, name)),
    options,
  );
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || file.fileName.includes(folder))
    .map(({ file, messageText }) =>
      [
        file?.fileName.slice(folder.length + 1),
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      ].join(': '),
    );
}
