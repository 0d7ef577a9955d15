// The declarations of the package and of its peers, under each compiler and each way to resolve modules.
import { copyOf } from './apps.mjs';
import { install, run, step } from './steps.mjs';

/** TypeScript 6 deprecates node10, and 7 does not have it. */
const CHECKS = [
  ['5.4', 'nodenext'],
  ['5.4', 'bundler'],
  ['5.4', 'node10'],
  ['5.6', 'nodenext'],
  ['5.9', 'nodenext'],
  ['6.0', 'nodenext'],
  ['7.0', 'nodenext'],
  ['7.0', 'bundler'],
];

export async function checkTypes(work, tarball) {
  const app = copyOf('types', work);
  if (!(await step('types: installs', () => install(app, tarball)))) return;
  for (const [version, resolution] of CHECKS)
    await step(`types: TypeScript ${version}, ${resolution}`, () =>
      run(
        app,
        'node',
        `node_modules/typescript-${version}/bin/tsc`,
        '--project',
        `tsconfig.${resolution}.json`,
      ),
    );
}
