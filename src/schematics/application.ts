import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import type { TypeScript } from './typescript.js';

/** What the Nest CLI passes to `nest-add`. */
export interface NestAddOptions {
  readonly sourceRoot?: string;
  readonly project?: string;
  readonly skipInstall?: boolean;
  /** Nest CLI 11 passes `-s` and `-d` on as they are. */
  readonly s?: boolean;
  readonly d?: boolean;
}

/** Where an application has its files. */
export interface Application {
  readonly sourceRoot: string;
  readonly main: string;
  /** The folder of its end-to-end tests. */
  readonly tests: string;
}

interface Project {
  readonly root?: string;
  readonly sourceRoot?: string;
  readonly entryFile?: string;
}

interface Configuration extends Project {
  readonly projects?: Readonly<Record<string, Project>>;
}

/**
 * Finds the application in `nest-cli.json`.
 *
 * @throws {Error} if there is no project with the given name
 */
export function applicationOf(
  tree: Tree,
  typescript: TypeScript,
  options: NestAddOptions,
): Application {
  const configuration = configurationOf(tree, typescript);
  const project = projectOf(configuration, options);
  const sourceRoot = project.sourceRoot ?? options.sourceRoot ?? 'src';
  const root = project.root ?? posix.dirname(sourceRoot);
  return {
    sourceRoot,
    main: posix.join(sourceRoot, `${project.entryFile ?? 'main'}.ts`),
    tests: posix.join(root, 'test'),
  };
}

function configurationOf(tree: Tree, typescript: TypeScript): Configuration {
  for (const path of ['nest-cli.json', '.nest-cli.json']) {
    if (!tree.exists(path)) continue;
    const { config }: { config?: Configuration } =
      typescript.parseConfigFileTextToJson(path, tree.readText(path));
    return config ?? {};
  }
  return {};
}

function projectOf(
  configuration: Configuration,
  { project: name, ...options }: NestAddOptions,
): Project {
  const { projects = {} } = configuration;
  if (name === undefined) {
    // The Nest CLI passes the folder of the project that the user chose.
    const sourceRoot = options.sourceRoot ?? configuration.sourceRoot ?? 'src';
    const all = [...Object.values(projects), configuration];
    return all.find((it) => it.sourceRoot === sourceRoot) ?? { sourceRoot };
  }
  const project = projects[name];
  if (project === undefined)
    throw new Error(
      `There is no project "${name}" in nest-cli.json. Its projects: ${Object.keys(projects).join(', ') || 'none'}.`,
    );
  return project;
}
