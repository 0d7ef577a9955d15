import { posix } from 'node:path';
import type {
  Rule,
  SchematicContext,
  TaskConfigurationGenerator,
  Tree,
} from '@angular-devkit/schematics';

/** Files by their path; undefined for one that is missing. */
export type Files = Readonly<Record<string, string | undefined>>;

/**
 * Runs a schematic on files in memory. Its tree has what the schematic uses of
 * a tree of @angular-devkit/schematics, which Jest cannot load before Node 24.9:
 * a dependency of it has ES modules only. The real tree is used in
 * test/consumers/nest-add.test.mjs.
 *
 * @returns the files that the schematic wrote, its log, and the tasks that it added
 */
export async function runSchematic(rule: Rule, given: Files) {
  const files = new Map(
    Object.entries(given).flatMap(([path, text]) =>
      text === undefined ? [] : [[path, text] as const],
    ),
  );
  const written: Record<string, string> = {};
  const write = (exists: boolean) => (path: string, text: string) => {
    if (files.has(path) !== exists) throw new Error(`${path}: ${exists}`);
    files.set(path, text);
    written[path] = text;
  };
  const tree = {
    exists: (path: string) => files.has(path),
    readText: (path: string) => files.get(path.replace(/^\//, '')),
    create: write(false),
    overwrite: write(true),
    getDir: (folder: string) => ({
      subfiles: [...files.keys()]
        .filter((path) => posix.dirname(path) === folder)
        .map((path) => posix.basename(path)),
      visit: (visitor: (path: string) => void) => {
        for (const path of files.keys())
          if (path.startsWith(`${folder}/`)) visitor(`/${path}`);
      },
    }),
  } as unknown as Tree;

  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const tasks: TaskConfigurationGenerator[] = [];
  const context = {
    logger: { warn: log, info: log },
    addTask: (task: TaskConfigurationGenerator) => tasks.push(task),
  } as unknown as SchematicContext;

  await rule(tree, context);
  return { written, log: lines.join('\n'), tasks };
}
