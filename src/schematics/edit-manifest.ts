interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const dependenciesOf = (text: string): Readonly<Record<string, string>> => {
  const manifest: Manifest = JSON.parse(text);
  return manifest.dependencies ?? {};
};

/** Whether a `package.json` has a package among its dependencies. */
export const dependsOn = (text: string, name: string): boolean =>
  Object.hasOwn(dependenciesOf(text), name);

/**
 * Adds Terminus in the version that fits Nest. npm installs a missing peer in
 * its newest version, which the Jest of an application on Nest 11 cannot load.
 *
 * @param nest the version of `@nestjs/core` that is installed
 */
export function editManifest(text: string, nest: string): string {
  const [, major] = /(\d+)\./.exec(nest) ?? [];
  if (dependsOn(text, '@nestjs/terminus') || major === undefined) return text;
  const manifest: Manifest = JSON.parse(text);
  const dependencies = Object.fromEntries(
    Object.entries({
      ...manifest.dependencies,
      '@nestjs/terminus': `^${major}.0.0`,
    }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const [, indent = '  '] = /^([ \t]+)"/m.exec(text) ?? [];
  const newline = text.endsWith('\n') ? '\n' : '';
  return JSON.stringify({ ...manifest, dependencies }, null, indent) + newline;
}
