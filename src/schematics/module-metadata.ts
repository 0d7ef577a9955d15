import type ts from 'typescript';
import { inStyle, marginAt, type CodeStyle } from './code-style.js';
import { insert, type Edit } from './edits.js';
import type { TypeScript } from './typescript.js';

/** The object that the decorator `@Module()` of a class has. */
export function metadataOf(
  typescript: TypeScript,
  file: ts.SourceFile,
  className: string,
): ts.ObjectLiteralExpression | undefined {
  const found = file.statements.find(
    (statement) =>
      typescript.isClassDeclaration(statement) &&
      statement.name?.text === className,
  );
  if (found === undefined || !typescript.canHaveDecorators(found))
    return undefined;
  for (const { expression } of typescript.getDecorators(found) ?? []) {
    if (!typescript.isCallExpression(expression)) continue;
    const [metadata] = expression.arguments;
    if (
      expression.expression.getText() === 'Module' &&
      metadata !== undefined &&
      typescript.isObjectLiteralExpression(metadata)
    )
      return metadata;
  }
  return undefined;
}

/**
 * Adds an element to the `imports` of a module.
 *
 * @returns undefined if they are not an array literal
 */
export function addToImports(
  typescript: TypeScript,
  metadata: ts.ObjectLiteralExpression,
  style: CodeStyle,
  element: string,
): Edit[] | undefined {
  const { properties } = metadata;
  const imports = properties.find(({ name }) => name?.getText() === 'imports');
  if (imports === undefined)
    return properties.some((it) => typescript.isSpreadAssignment(it))
      ? undefined
      : [firstProperty(metadata, style, element)];
  return typescript.isPropertyAssignment(imports) &&
    typescript.isArrayLiteralExpression(imports.initializer)
    ? addElement(imports.initializer, style, element)
    : undefined;
}

function firstProperty(
  metadata: ts.ObjectLiteralExpression,
  style: CodeStyle,
  element: string,
): Edit {
  const { text } = metadata.getSourceFile();
  const outer = marginAt(text, metadata.getStart());
  const [next] = metadata.properties;
  const start = metadata.getStart() + 1;
  const inOneLine = !text.slice(start, metadata.end).includes('\n');
  const code = inStyle(
    `\nimports: [\n  ${element.replaceAll('\n', '\n  ')},\n],`,
    style,
    outer + style.indent,
  );
  if (!inOneLine) return insert(start, code);
  const after = next === undefined ? outer : outer + style.indent;
  return {
    start,
    end: next?.getStart() ?? metadata.end - 1,
    text: `${code}${style.newline}${after}`,
  };
}

/** Each element gets a line of its own, as Prettier writes arrays that do not fit into a line. */
function addElement(
  array: ts.ArrayLiteralExpression,
  style: CodeStyle,
  element: string,
): Edit[] {
  const { text } = array.getSourceFile();
  const { elements } = array;
  const open = array.getStart() + 1;
  const close = array.end - 1;
  const outer = marginAt(text, array.getStart());
  const [first] = elements;
  const last = elements.at(-1);
  const end = open + text.slice(open, close).trimEnd().length;
  const line = (margin: string, code = '') =>
    style.newline + margin + inStyle(code, style, margin);
  const inner = outer + style.indent;
  if (first === undefined || last === undefined)
    return [
      {
        start: end,
        end: close,
        text: `${line(inner, element)},${line(outer)}`,
      },
    ];
  const comma = elements.hasTrailingComma ? [] : [insert(last.end, ',')];
  const inLines = text.slice(open, first.getStart()).includes('\n');
  if (inLines) {
    const margin = marginAt(text, last.getStart());
    const code = line(margin, element) + (elements.hasTrailingComma ? ',' : '');
    return [...comma, insert(end, code)];
  }
  return [
    { start: open, end: first.getStart(), text: line(inner) },
    ...elements.slice(1).flatMap((next, index) => {
      const start = elements[index]?.end ?? next.pos;
      return /^,\s*$/.test(text.slice(start, next.getStart()))
        ? [{ start, end: next.getStart(), text: `,${line(inner)}` }]
        : [];
    }),
    ...comma,
    { start: end, end: close, text: `${line(inner, element)},${line(outer)}` },
  ];
}
