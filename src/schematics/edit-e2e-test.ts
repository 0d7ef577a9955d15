import type ts from 'typescript';
import { styleOf } from './code-style.js';
import { applyEdits, insert, type Edit } from './edits.js';
import { nodesIn, parse } from './syntax.js';
import type { TypeScript } from './typescript.js';

const METHODS = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'];

/**
 * Adds a Host to each request of a test with supertest.
 *
 * @returns undefined if the test sends requests in a way that is not understood
 */
export function editE2eTest(
  typescript: TypeScript,
  text: string,
): string | undefined {
  const file = parse(typescript, text);
  const supertest = supertestIn(typescript, file);
  // A test without supertest sends no request that needs a Host.
  if (supertest === undefined) return text;
  if (/\.set\(\s*['"]host['"]/i.test(text)) return text;
  const requests = nodesIn(typescript, file).filter((node) =>
    isRequest(typescript, node, supertest),
  );
  if (requests.length === 0) return undefined;
  return applyEdits(
    text,
    requests.map((request) => hostAfter(request, text)),
  );
}

/** The name of `request` in `import request from 'supertest'`. */
function supertestIn(
  typescript: TypeScript,
  file: ts.SourceFile,
): string | undefined {
  for (const statement of file.statements) {
    if (
      !typescript.isImportDeclaration(statement) ||
      !/^(['"])supertest\1$/.test(statement.moduleSpecifier.getText())
    )
      continue;
    const { name, namedBindings } = statement.importClause ?? {};
    if (name !== undefined) return name.text;
    // import * as request from 'supertest', as nest new wrote until 10
    if (namedBindings && typescript.isNamespaceImport(namedBindings))
      return namedBindings.name.text;
  }
  return undefined;
}

/** Whether a node is `request(…).get(…)`. */
const isRequest = (
  typescript: TypeScript,
  node: ts.Node,
  supertest: string,
): node is ts.CallExpression =>
  typescript.isCallExpression(node) &&
  typescript.isPropertyAccessExpression(node.expression) &&
  METHODS.includes(node.expression.name.text) &&
  typescript.isCallExpression(node.expression.expression) &&
  node.expression.expression.expression.getText() === supertest;

/** `.set()` goes into a line of its own if what follows it does. */
function hostAfter(request: ts.CallExpression, text: string): Edit {
  const { quote } = styleOf(text);
  const [line = ''] = /^\s*\n\s*(?=\.)/.exec(text.slice(request.end)) ?? [];
  return insert(
    request.end,
    `${line}.set(${quote}Host${quote}, ${quote}localhost${quote})`,
  );
}
