import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';

const root = join(import.meta.dirname, '../..');

/**
 * Compiles the sample and the library from their current sources, independent of the last build.
 *
 * @returns a directory inside the repository, so that packages resolve; the caller removes it
 */
export function built(): string {
  const target = mkdtempSync(join(root, 'dist-tenants-'));
  for (const room of ['src', 'sample/tenants']) {
    for (const file of readdirSync(join(root, room), { recursive: true })) {
      const path = join(room, String(file));
      if (path.endsWith('.ts')) build(path, target);
    }
  }
  return target;
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
  const library = relative(dirname(path), 'src/index.js');
  const file = join(target, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, code.replaceAll('nestjs-allowed-hosts', library));
}
