import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';

export type TypeScript = typeof ts;

/**
 * The compiler of the workspace, or the one that its Nest CLI brings. Both
 * `nest new` and the Nest CLI install one, so this package does not depend on one.
 *
 * @returns undefined if neither can be loaded, or if it has no API for syntax
 * trees, as TypeScript 7
 */
export function loadTypeScript(workspace: string): TypeScript | undefined {
  const require = createRequire(join(workspace, 'package.json'));
  const loaders = [
    () => require('typescript'),
    () =>
      createRequire(require.resolve('@nestjs/cli/package.json'))('typescript'),
  ];
  for (const load of loaders) {
    try {
      const loaded: Partial<TypeScript> = load();
      if (typeof loaded.createSourceFile === 'function')
        return loaded as TypeScript;
    } catch {
      // It is not installed here: try the next one.
    }
  }
  return undefined;
}
