import type ts from 'typescript';
import type { TypeScript } from './typescript.js';

/** The syntax tree of a file. */
export const parse = (typescript: TypeScript, text: string): ts.SourceFile =>
  typescript.createSourceFile(
    'file.ts',
    text,
    typescript.ScriptTarget.Latest,
    true, // nodes know their parents
  );

/** A node and all nodes below it, in the order of the text. */
export function nodesIn(typescript: TypeScript, node: ts.Node): ts.Node[] {
  const nodes = [node];
  typescript.forEachChild(node, (child) => {
    nodes.push(...nodesIn(typescript, child));
  });
  return nodes;
}

/** Whether code, not a comment or a string, contains a name. */
export const usesName = (
  typescript: TypeScript,
  text: string,
  name: string,
): boolean =>
  text.includes(name) &&
  nodesIn(typescript, parse(typescript, text)).some(
    (node) => typescript.isIdentifier(node) && node.text === name,
  );
