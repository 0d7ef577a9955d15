import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** The public members of a class in the declarations that the build writes. */
function membersOf(className: string, file: string): string[] {
  const { config } = ts.readConfigFile(
    join(root, 'tsconfig.json'),
    ts.sys.readFile,
  );
  const { outputText } = ts.transpileDeclaration(
    readFileSync(join(root, file), 'utf8'),
    ts.parseJsonConfigFileContent(config, ts.sys, root).options.stripInternal
      ? { compilerOptions: { stripInternal: true } }
      : {},
  );
  return ts
    .createSourceFile('index.d.ts', outputText, ts.ScriptTarget.Latest)
    .statements.filter(ts.isClassDeclaration)
    .filter(({ name }) => name?.text === className)
    .flatMap(({ members }) => members.map(({ name }) => name))
    .filter((name) => name !== undefined && ts.isIdentifier(name))
    .map((name) => name.text);
}

describe('the declarations of the package', () => {
  it('show only the members of HostList that users call', () => {
    expect(membersOf('HostList', 'src/hosts/host-list.ts').sort()).toEqual([
      'allows',
      'from',
      'matches',
      'patterns',
      'warnings',
    ]);
  });
});
