import type { Tree } from '@angular-devkit/schematics';

export const read = (tree: Tree, path: string): string | undefined =>
  tree.exists(path) ? tree.readText(path) : undefined;

/** Writes a file. A file that stays the same is not written, so the log does not list it. */
export function write(tree: Tree, path: string, text: string): void {
  const before = read(tree, path);
  if (before === undefined) tree.create(path, text);
  else if (before !== text) tree.overwrite(path, text);
}
