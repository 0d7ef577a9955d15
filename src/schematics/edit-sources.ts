import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import { advice } from './advice.js';
import type { Application } from './application.js';
import { editE2eTest } from './edit-e2e-test.js';
import { editMain } from './edit-main.js';
import { editModule, type Registration } from './edit-module.js';
import { read, write } from './files.js';
import { rootModuleOf } from './root-module.js';
import { usesName } from './syntax.js';
import type { TypeScript } from './typescript.js';

/** What the edits of source files need. */
export interface Workspace {
  readonly tree: Tree;
  readonly typescript: TypeScript;
  readonly application: Application;
  readonly warn: (message: string) => void;
}

export function editSources(
  workspace: Workspace,
  registration: Registration,
): void {
  const { tree, typescript, application, warn } = workspace;
  if (!isRegistered(workspace))
    registerIn(rootModuleIn(workspace), workspace, registration);
  const edit = (
    path: string,
    editor: (typescript: TypeScript, text: string) => string | undefined,
    todo: string,
  ) => {
    const edited = editor(typescript, read(tree, path) ?? '');
    if (edited === undefined) warn(notChanged(path, todo));
    else write(tree, path, edited);
  };
  edit(application.main, editMain, advice.main);
  for (const name of tree.getDir(application.tests).subfiles)
    if (name.endsWith('.e2e-spec.ts'))
      edit(posix.join(application.tests, name), editE2eTest, advice.test);
}

const notChanged = (path: string, todo: string) =>
  `${path} was not changed. ${todo}`;

/** Whether any file of the application uses the module already. */
function isRegistered({ tree, typescript, application }: Workspace): boolean {
  let found = false;
  tree.getDir(application.sourceRoot).visit((path) => {
    found ||=
      path.endsWith('.ts') &&
      usesName(typescript, tree.readText(path), 'AllowedHostsModule');
  });
  return found;
}

interface FoundModule {
  readonly path: string;
  readonly className: string;
}

/** The root module that `main.ts` imports. */
function rootModuleIn(workspace: Workspace): FoundModule | undefined {
  const { tree, typescript, application } = workspace;
  const main = read(tree, application.main);
  const origin = rootModuleOf(typescript, main ?? '');
  if (!origin?.specifier.startsWith('.')) return undefined;
  const path = posix.join(
    posix.dirname(application.main),
    origin.specifier.replace(/\.[jt]s$/, ''),
  );
  return { path: `${path}.ts`, className: origin.exported };
}

function registerIn(
  found: FoundModule | undefined,
  { tree, typescript, application, warn }: Workspace,
  registration: Registration,
): void {
  const text = found && read(tree, found.path);
  const edited =
    found &&
    text !== undefined &&
    editModule(typescript, text, found.className, registration);
  if (edited) write(tree, found.path, edited);
  else
    warn(
      notChanged(
        found?.path ?? `The root module of ${application.main}`,
        advice.module(registration),
      ),
    );
}
