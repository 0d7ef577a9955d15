import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';

interface Packed {
  filename: string;
  files: { path: string }[];
}

const read = (path: string) => readFileSync(path, 'utf8');

/** Every file that a tree of export conditions names. */
const targets = (exports: unknown): string[] =>
  typeof exports === 'string'
    ? [exports]
    : Object.values(exports as object).flatMap(targets);

const textOf = (path: string) => read(path).replaceAll(/^```.*?^```$/gms, '');

const linksOf = (path: string) =>
  [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({
    path,
    link,
  }));

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (path: string) =>
  [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Whether a relative link leads to a packed file and, if it names one, to a heading in it. */
function leadsToPacked(from: string, link: string, files: readonly string[]) {
  const [target = '', anchor] = link.split('#');
  const path = target === '' ? from : posix.join(posix.dirname(from), target);
  if (!files.includes(path)) return false;
  return anchor === undefined || anchorsOf(path).includes(anchor);
}

describe('the packed package', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  let files: string[];
  let tarball: string;

  beforeAll(() => {
    // The prepack script builds first, so this is what a release would hold.
    const json = execFileSync(
      'npm',
      ['pack', '--json', '--pack-destination', folder],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const packed = Object.values(JSON.parse(json) as Record<string, Packed>);
    tarball = join(folder, packed[0]?.filename ?? '');
    files = packed.flatMap((it) => it.files).map((file) => file.path);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('holds the build, its documents, the files for platforms and nothing else', () => {
    const deploy = readdirSync('deploy', { recursive: true })
      .map((name) => `deploy/${String(name)}`)
      .filter((path) => statSync(path).isFile());
    const isDeploy = (path: string) => path.startsWith('deploy/');
    expect(files.filter(isDeploy).sort()).toEqual(deploy.sort());
    const others = files.filter((path) => !isDeploy(path));
    expect(others.filter((path) => !path.startsWith('dist/'))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      ...readdirSync('docs').map((page) => `docs/${page}`),
      'package.json',
    ]);
    const built = files.filter((path) => path.startsWith('dist/'));
    expect(built).toContain('dist/cjs/package.json');
    for (const path of built) {
      expect(path).toMatch(
        /^dist\/(esm|cjs)\/([a-z0-9./-]+\.(js|d\.ts)|package\.json|schematics\/[a-z]+\.json)$/,
      );
      expect(path).not.toMatch(/\.spec\.|fixture|tsbuildinfo/);
    }
  });

  it('has no dead link in its documents', () => {
    const { url } = manifest['repository'] as { url: string };
    const address = url.replace(/^git\+|\.git$/g, '');
    const repository = `${address}/blob/main/`;
    const raw = `${address.replace('github.com', 'raw.githubusercontent.com')}/main/`;
    const dead = files
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => linksOf(path))
      .filter(({ path, link }) => {
        const base = [repository, raw].find((it) => link.startsWith(it));
        if (base !== undefined) return !existsSync(link.slice(base.length));
        return !/^https?:/.test(link) && !leadsToPacked(path, link, files);
      });
    expect(dead).toEqual([]);
  });

  it('holds every file that package.json points to', () => {
    const { exports, imports, bin, main, types, typesVersions, schematics } =
      manifest;
    for (const target of targets([
      exports,
      imports,
      bin,
      main,
      types,
      typesVersions,
      schematics,
    ])) {
      expect(files).toContain(target.replace('./', ''));
    }
  });

  it('has a program that needs nothing but Node', () => {
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
    const program = Object.values(manifest['bin'] as object).map((path) =>
      join(folder, 'package', String(path)),
    );
    expect(read(program[0] ?? '')).toMatch(/^#!\/usr\/bin\/env node\n/);
    // There is no node_modules: an import of Nest would fail.
    const run = (...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [...program, ...args],
        { encoding: 'utf8', cwd: folder },
      );
      return { status, stdout, stderr };
    };
    expect(run('--version')).toEqual({
      status: 0,
      stdout: `${String(manifest['version'])}\n`,
      stderr: '',
    });
    expect(run('match', 'example.com', 'evil.example')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/evil\.example +refused/),
    });
    expect(run('check', 'http://127.0.0.1:1')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^Nothing listens on 127\.0\.0\.1:1 /),
    });
    expect(run('check').status).toBe(2);
  });

  it('has a schematic that require() loads without any package', () => {
    const collection = manifest['schematics'] as string;
    const { schematics } = JSON.parse(read(collection)) as {
      schematics: Record<string, { factory: string; schema: string }>;
    };
    expect(Object.keys(schematics)).toEqual(['nest-add']);
    const [{ factory, schema } = { factory: '', schema: '' }] =
      Object.values(schematics);
    const [path = '', name = ''] = factory.split('#');
    const folder = posix.dirname(collection);
    expect(files).toContain(posix.join(folder, schema));
    const text = read(posix.join(folder, path));
    expect(text).toContain(`exports.${name} = `);
    for (const [, required] of text.matchAll(/require\('([^']+)'\)/g))
      expect(required).toMatch(/^(node:.*|typescript)$/);
  });

  it('installs nothing but itself beside its peers', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('optionalDependencies');
    expect(manifest).not.toHaveProperty('bundleDependencies');
  });

  describe.each(['esm', 'cjs'])('as %s', (format) => {
    it.each([
      ['a fixed list elsewhere than on AWS', 'fixed', {}, []],
      [
        'a list that changes',
        'changing',
        {},
        ['dynamic-hosts/hosts-stream.js'],
      ],
      [
        'a Kubernetes pod',
        'fixed',
        { KUBERNETES_SERVICE_HOST: '10.96.0.1' },
        ['addresses/planned-sources.js'],
      ],
      ['a check of the application', 'checked', {}, ['@nestjs/terminus']],
    ])(
      'loads one file for %s, and what only that needs',
      (_, kind, env, more) => {
        const loaded = execFileSync(
          process.execPath,
          ['test/package/loaded-files.mjs', format, kind],
          { encoding: 'utf8', env: { ...process.env, ...env } },
        );
        expect((JSON.parse(loaded) as string[]).sort()).toEqual([
          ...more,
          'index.js',
        ]);
      },
    );
  });

  it('cannot be registered as an ES module and as CommonJS in one application', () => {
    const script = `
      import 'reflect-metadata';
      import { createRequire } from 'node:module';
      import { NestFactory } from '@nestjs/core';
      import { AllowedHostsModule as Esm } from './dist/esm/index.js';
      const require = createRequire(import.meta.url);
      const { AllowedHostsModule: Cjs } = require('./dist/cjs/index.js');
      const options = { hosts: 'example.com', addresses: false };
      const create = (...modules) =>
        NestFactory.create(
          {
            module: class AppModule {},
            imports: modules.map((module) => module.forRoot(options)),
          },
          { logger: false, abortOnError: false },
        ).then(() => 'started', ({ message }) => message);
      console.log(Esm !== Cjs);
      for (const modules of [[Esm], [Cjs], [Esm, Cjs]])
        console.log(await create(...modules));
      process.exit();
    `;
    const lines = execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    expect(lines.trim().split('\n')).toEqual([
      'true',
      'started',
      'started',
      expect.stringMatching(/^AllowedHostsModule is registered more than once/),
    ]);
  });
});
