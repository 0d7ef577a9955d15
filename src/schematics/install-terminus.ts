import type { SchematicContext, Tree } from '@angular-devkit/schematics';
import { editManifest } from './edit-manifest.js';
import { read, write } from './files.js';

/** Adds Terminus to `package.json` and lets the package manager install it. */
export function installTerminus(
  tree: Tree,
  context: SchematicContext,
  skipInstall: boolean,
): void {
  const text = read(tree, 'package.json');
  if (text === undefined) return;
  const edited = editManifest(text, nestVersion(tree));
  if (edited === text) return;
  write(tree, 'package.json', edited);
  if (skipInstall) {
    context.logger.info(
      'Install @nestjs/terminus, which is now in package.json, with your package manager.',
    );
    return;
  }
  // This is a NodePackageInstallTask. Its class is in @angular-devkit/schematics, which must not become a dependency.
  context.addTask({
    toConfiguration: () => ({
      name: 'node-package',
      options: { command: 'install', quiet: true },
    }),
  });
}

function nestVersion(tree: Tree): string {
  const text = read(tree, 'node_modules/@nestjs/core/package.json');
  const manifest: { version?: string } =
    text === undefined ? {} : JSON.parse(text);
  return manifest.version ?? '';
}
