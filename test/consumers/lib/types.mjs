// The declarations of the package and of its peers, under each compiler and each way to resolve modules.
import { copyOf } from './apps.mjs';
import { install, run, step } from './steps.mjs';

const COMPILERS = ['5.4', '5.6', '5.9', '6.0', '7.0'];
const RESOLUTIONS = ['nodenext', 'bundler', 'node10'];

export async function checkTypes(work, tarball) {
  const app = copyOf('types', work);
  if (!(await step('types: installs', () => install(app, tarball)))) return;
  for (const version of COMPILERS)
    for (const resolution of RESOLUTIONS) {
      // TypeScript 6 deprecates node10, and 7 does not have it.
      if (resolution === 'node10' && Number(version) >= 6) continue;
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
}
