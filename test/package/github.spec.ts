import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const yaml = <T>(path: string) => parse(read(path)) as T;

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly node: string[] } };
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Form {
  readonly body: readonly {
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly value?: string };
    readonly validations?: { readonly required: boolean };
  }[];
}

interface Manifest {
  readonly homepage: string;
  readonly repository: { readonly url: string };
  readonly bugs: { readonly url: string };
  readonly engines: { readonly node: string };
}

const workflows = readdirSync(join(root, '.github/workflows')).map(
  (name) => `.github/workflows/${name}`,
);
const pathsIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
const manifest = JSON.parse(read('package.json')) as Manifest;

describe('repository files for GitHub', () => {
  describe.each(workflows)('%s', (path) => {
    const { permissions, jobs } = yaml<Workflow>(path);

    it('pins each action by commit, with the version beside it', () => {
      const uses = read(path)
        .split('\n')
        .filter((line) => /^\s+(?:- )?uses: (?!\.\/)/.test(line));
      for (const line of uses)
        expect(line).toMatch(
          /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/,
        );
    });

    it('may read the repository and nothing else', () => {
      expect(permissions).toEqual({ contents: 'read' });
    });

    it('does not keep the credentials of the checkout', () => {
      const checkouts = Object.values(jobs)
        .flatMap(({ steps = [] }) => steps)
        .filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
      for (const step of checkouts)
        expect(step.with).toMatchObject({ 'persist-credentials': false });
    });
  });

  it('CI runs the script that "npm run verify" runs, on each supported line of Node', () => {
    const { verify } = yaml<Workflow>('.github/workflows/ci.yml').jobs;
    const scripts = (
      JSON.parse(read('package.json')) as {
        scripts: Record<string, string>;
      }
    ).scripts;
    expect(verify?.steps?.at(-1)?.run).toBe(
      `${scripts['verify']} --node \${{ matrix.node }}`,
    );
    expect(verify?.strategy?.matrix.node).toEqual(['20.19', '22', '24', '26']);
    expect(manifest.engines.node).toBe('^20.19.0 || ^22.12.0 || >=24.0.0');
  });

  it('a release is published with provenance, after the checks of CI, by the one job that may sign', () => {
    const { jobs } = yaml<Workflow>('.github/workflows/release.yml');
    expect(jobs['verify']).toEqual({ uses: './.github/workflows/ci.yml' });
    expect(jobs['publish']).toMatchObject({
      needs: 'verify',
      permissions: { contents: 'read', 'id-token': 'write' },
    });
    expect(jobs['publish']?.steps?.at(-1)?.run).toBe(
      'npm publish --provenance --access public',
    );
  });

  describe('the issue form', () => {
    const { body } = yaml<Form>('.github/ISSUE_TEMPLATE/bug_report.yml');

    it('requires what SECURITY.md asks for', () => {
      const required = body
        .filter(({ validations }) => validations?.required)
        .map(({ id }) => id);
      expect(required).toEqual([
        'version',
        'platform',
        'options',
        'request',
        'response',
        'expected',
      ]);
      const policy = read('SECURITY.md').replaceAll('\n', ' ');
      expect(policy).toContain(
        'the version, Express or Fastify, the options, the request as raw bytes, the response, and what you expected',
      );
    });

    it('says what SECURITY.md calls a vulnerability', () => {
      const [sentence = ''] =
        /A request that gets past the list is [^.]*\./.exec(
          read('SECURITY.md').replaceAll('\n', ' '),
        ) ?? [];
      expect(sentence).not.toBe('');
      expect(body[0]?.attributes.value).toContain(sentence);
    });
  });

  it('every address of the repository is the one in package.json', () => {
    const [, repository = ''] =
      /^git\+(https:\/\/github\.com\/[\w-]+\/[\w-]+)\.git$/.exec(
        manifest.repository.url,
      ) ?? [];
    expect(manifest.bugs.url).toBe(`${repository}/issues`);
    expect(manifest.homepage).toBe(`${repository}#readme`);
    const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md']
      .concat(pathsIn('docs'), pathsIn('deploy'))
      .concat(pathsIn('.github/ISSUE_TEMPLATE'));
    const addresses = pages.flatMap((path) =>
      [
        ...read(path).matchAll(
          /https:\/\/(?:github|raw\.githubusercontent)\.com\/([\w-]+\/nestjs-allowed-hosts)\b/g,
        ),
      ].map(([, name]) => `https://github.com/${name}`),
    );
    expect(new Set(addresses)).toEqual(new Set([repository]));
  });

  it('CONTRIBUTING.md names only scripts and files that exist', () => {
    const page = read('CONTRIBUTING.md');
    const { scripts } = JSON.parse(read('package.json')) as {
      scripts: Record<string, string>;
    };
    const named = [...page.matchAll(/npm run ([\w:]+)/g)].map(
      ([, script = '']) => script,
    );
    expect(named.length).toBeGreaterThan(4);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
    const files = [
      ...page.matchAll(/[`( ]((?:[.\w-]+\/)+[.\w-]*|[A-Z]+\.md)[`) ]/g),
    ].map(([, path = '']) => path);
    expect(files.length).toBeGreaterThan(10);
    for (const path of files.filter((it) => it !== 'api-docs/'))
      // generated
      expect({ path, exists: existsSync(join(root, path)) }).toEqual({
        path,
        exists: true,
      });
  });
});
