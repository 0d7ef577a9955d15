import type ts from 'typescript';
import { inStyle, marginAt, type CodeStyle } from './code-style.js';
import { endOfLineAfter, insert, type Edit } from './edits.js';
import type { TypeScript } from './typescript.js';

/** Where an imported name comes from. */
export interface Origin {
  /** What the file has after `from`. */
  readonly specifier: string;
  /** The name there; it differs from the one here after `as`. */
  readonly exported: string;
}

const importsOf = (typescript: TypeScript, file: ts.SourceFile) =>
  file.statements.filter((statement) =>
    typescript.isImportDeclaration(statement),
  );

const specifierOf = (
  typescript: TypeScript,
  { moduleSpecifier }: ts.ImportDeclaration,
) => (typescript.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '');

/** The `{ … }` of an import. */
function namesOf(
  typescript: TypeScript,
  { importClause }: ts.ImportDeclaration,
): ts.NamedImports | undefined {
  const bindings = importClause?.namedBindings;
  return bindings !== undefined && typescript.isNamedImports(bindings)
    ? bindings
    : undefined;
}

/** Finds the import of a name; undefined if it is a default import or is not imported. */
export function originOf(
  typescript: TypeScript,
  file: ts.SourceFile,
  name: string,
): Origin | undefined {
  for (const declaration of importsOf(typescript, file)) {
    const found = namesOf(typescript, declaration)?.elements.find(
      (element) => element.name.text === name,
    );
    if (found !== undefined)
      return {
        specifier: specifierOf(typescript, declaration),
        exported: (found.propertyName ?? found.name).text,
      };
  }
  return undefined;
}

/** Imports names from a package: in the import that the file has of it, or in a new one after the other packages. */
export function importNames(
  typescript: TypeScript,
  file: ts.SourceFile,
  style: CodeStyle,
  names: readonly string[],
  from: string,
): Edit[] {
  const missing = names.filter(
    (name) => originOf(typescript, file, name)?.specifier !== from,
  );
  if (missing.length === 0) return [];
  const declarations = importsOf(typescript, file);
  const last = declarations
    .filter((it) => specifierOf(typescript, it) === from)
    .filter((it) => it.importClause?.isTypeOnly === false)
    .flatMap((it) => namesOf(typescript, it)?.elements.at(-1) ?? [])
    .at(-1);
  if (last !== undefined)
    return [insert(last.end, appendedNames(file.text, last, style, missing))];
  const line = inStyle(
    `import { ${missing.join(', ')} } from '${from}';`,
    style,
  );
  const packages = declarations.filter(
    (it) => !specifierOf(typescript, it).startsWith('.'),
  );
  const before = packages.at(-1);
  if (before !== undefined)
    return [
      insert(endOfLineAfter(file.text, before.end), `${style.newline}${line}`),
    ];
  const first = file.statements[0]?.getStart() ?? 0;
  return [insert(first, `${line}${style.newline}`)];
}

/** What follows the last name: in the same line, or in lines of their own if the names have such. */
function appendedNames(
  text: string,
  last: ts.Node,
  { newline }: CodeStyle,
  names: readonly string[],
): string {
  const margin = marginAt(text, last.getStart());
  const separator = margin === '' ? ', ' : `,${newline}${margin}`;
  return names.map((name) => `${separator}${name}`).join('');
}
