import type ts from 'typescript';
import { originOf, type Origin } from './imports.js';
import { nodesIn, parse } from './syntax.js';
import type { TypeScript } from './typescript.js';

const isCreateCall = (
  typescript: TypeScript,
  node: ts.Node,
): node is ts.CallExpression =>
  typescript.isCallExpression(node) &&
  node.expression.getText() === 'NestFactory.create';

/**
 * The module that a `main.ts` gives to `NestFactory.create()`.
 *
 * @returns undefined if there is no such call, several with different modules,
 * or something else than an imported class in it
 */
export function rootModuleOf(
  typescript: TypeScript,
  text: string,
): Origin | undefined {
  const file = parse(typescript, text);
  const names = nodesIn(typescript, file)
    .filter((node) => isCreateCall(typescript, node))
    .map((call) => call.arguments[0]?.getText() ?? '');
  const [name = ''] = names;
  return names.every((other) => other === name)
    ? originOf(typescript, file, name)
    : undefined;
}

/** The statement `const app = await NestFactory.create(…)`. */
export interface Creation {
  readonly variable: string;
  readonly statement: ts.VariableStatement;
}

export function creationsIn(
  typescript: TypeScript,
  file: ts.SourceFile,
): Creation[] {
  return nodesIn(typescript, file).flatMap((statement) => {
    if (!typescript.isVariableStatement(statement)) return [];
    const [declaration] = statement.declarationList.declarations;
    const value = declaration?.initializer;
    return declaration !== undefined &&
      value !== undefined &&
      typescript.isIdentifier(declaration.name) &&
      typescript.isAwaitExpression(value) &&
      isCreateCall(typescript, value.expression)
      ? [{ variable: declaration.name.text, statement }]
      : [];
  });
}
