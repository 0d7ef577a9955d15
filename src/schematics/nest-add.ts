import type { Rule, Tree } from '@angular-devkit/schematics';
import { advice } from './advice.js';
import { applicationOf, type NestAddOptions } from './application.js';
import { editEnvExample } from './edit-env-example.js';
import { dependsOn } from './edit-manifest.js';
import {
  fromConfigService,
  fromEnvironment,
  type Registration,
} from './edit-module.js';
import { editSources } from './edit-sources.js';
import { read, write } from './files.js';
import { installTerminus } from './install-terminus.js';
import { loadTypeScript } from './typescript.js';

/**
 * `nest add nestjs-allowed-hosts`: the Nest CLI installs the package, then
 * calls this. A second run changes nothing. A file that is not understood stays
 * as it is, and the log shows what to write there.
 */
export function nestAdd(options: NestAddOptions): Rule {
  return (tree, context) => {
    if (options.d)
      throw new Error('Write --dry-run: -d does not reach the schematics CLI.');
    const registration = registrationFor(tree);
    const typescript = loadTypeScript(process.cwd());
    const warn = (message: string) => context.logger.warn(message);
    if (typescript === undefined) {
      warn(withoutTypeScript(registration));
    } else {
      const application = applicationOf(tree, typescript, options);
      editSources({ tree, typescript, application, warn }, registration);
    }
    write(tree, '.env.example', editEnvExample(read(tree, '.env.example')));
    installTerminus(tree, context, options.skipInstall ?? options.s ?? false);
  };
}

const registrationFor = (tree: Tree): Registration =>
  dependsOn(read(tree, 'package.json') ?? '{}', '@nestjs/config')
    ? fromConfigService
    : fromEnvironment;

const withoutTypeScript = (registration: Registration) =>
  [
    'No source file was changed: the package "typescript" is not installed, or has no API for syntax trees.',
    advice.module(registration),
    `In main.ts: ${advice.main}`,
    `In end-to-end tests: ${advice.test}`,
  ].join('\n');
