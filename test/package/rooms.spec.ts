import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The linter's verdict on one import in one file, under this repository's configuration. */
function restricted(file: string, statement: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'rooms-'));
  try {
    copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${statement}\n`);
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/oxlint/bin/oxlint'), 'src'],
      { cwd: folder, encoding: 'utf8' },
    );
    if (!stdout.includes('on 1 file')) throw new Error(stdout);
    return stdout.includes('no-restricted-imports');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the linter', () => {
  it.each([
    ['src/hosts/a.ts', `export { of } from 'rxjs';`],
    ['src/hosts/a.ts', `export type { Type } from '@nestjs/common';`],
    ['src/hosts/a.ts', `import type { Type } from '@nestjs/common';`],
    ['src/hosts/a.ts', `export const lazy = () => import('rxjs');`],
    ['src/hosts/a.ts', `import { readFile } from 'node:fs';`],
    ['src/hosts/a.ts', `import { readFile } from 'fs';`],
    ['src/hosts/a.ts', `import '../messages/printable.js';`],
    ['src/hosts/inner/a.ts', `import { of } from 'rxjs';`],
    ['src/hosts/inner/a.ts', `import '../../messages/printable.js';`],
    ['src/frameworks/a.ts', `import '../gate/server.gate.js';`],
    ['src/frameworks/a.ts', `import '../refusals/refusals.js';`],
    [
      'src/frameworks/a.ts',
      `import type { AllowedHostsPolicy } from '../allowed-hosts.policy.js';`,
    ],
  ])('rejects in %s: %s', (file, statement) => {
    expect(restricted(file, statement)).toBe(true);
  });

  it.each([
    ['src/hosts/a.ts', `import { domainToASCII } from 'node:url';`],
    ['src/hosts/a.ts', `import { types } from 'node:util';`],
    ['src/hosts/a.ts', `import './ip-address.js';`],
    ['src/hosts/a.ts', `import './inner/b.js';`],
    ['src/hosts/inner/a.ts', `import '../ip-address.js';`],
    ['src/frameworks/a.ts', `import type { Type } from '@nestjs/common';`],
    ['src/frameworks/a.ts', `import '../hosts/claimed-hosts.js';`],
    ['src/gate/a.ts', `import '../refusals/refusals.js';`],
  ])('accepts in %s: %s', (file, statement) => {
    expect(restricted(file, statement)).toBe(false);
  });
});
