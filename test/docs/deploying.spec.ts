import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseTemplate } from '../deploy/cloudformation.js';
import { platforms, start, stopAll } from '../support/app.js';
import { blocksOf, codeIn, tableUnder } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const NAMES = ['deploying', 'elastic-beanstalk', 'ecs', 'kubernetes', 'nginx'];
const pages = new Map(NAMES.map((name) => [name, read(`docs/${name}.md`)]));
const pageOf = (name: string) => pages.get(name) ?? '';
const commandsIn = (name: string) =>
  blocksOf(pageOf(name))
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text);

/** The files below a folder, as relative paths. */
const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(folder, name)).isFile())
    .filter((name) => !name.startsWith('node_modules'))
    .sort();

/** Runs commands in the folder of an application that has installed the package. */
function run(commands: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'application-'));
  const installed = join(folder, 'node_modules/nestjs-allowed-hosts');
  mkdirSync(installed, { recursive: true });
  symlinkSync(join(root, 'deploy'), join(installed, 'deploy'));
  execFileSync('bash', ['-e', '-c', commands], { cwd: folder });
  const files = filesBelow(folder);
  rmSync(folder, { recursive: true });
  return files;
}

const COMMON = [
  '.ebextensions/10-health-check.config',
  '.ebextensions/20-instance-metadata.config',
  '.platform/nginx/conf.d/elasticbeanstalk/foreign-hosts.conf',
];

describe('the pages about deploying', () => {
  beforeAll(() =>
    writeSnippets(
      blocksOf(pageOf('deploying')).filter(({ language }) => language === 'ts'),
      {},
    ),
  );
  afterEach(stopAll);
  afterAll(removeSnippets);

  it('have no block without a check', () => {
    expect(
      NAMES.map((name) =>
        blocksOf(pageOf(name)).map((block) => block.language),
      ),
    ).toEqual([['ts', 'sh'], ['sh', 'sh'], ['sh'], ['sh'], ['sh']]);
  });

  it('have a block that compiles', () => {
    expect(typeErrors(['deployed.module.ts'])).toEqual([]);
  });

  it.each(platforms)('have options that work on $name', async (platform) => {
    process.env['ALLOWED_HOSTS'] = 'example.com';
    const { DeployedModule } = await snippet<{ DeployedModule: object }>(
      'deployed.module.ts',
    );
    const app = await start(DeployedModule, platform, (nest) => {
      nest.enableShutdownHooks();
    });
    for (const path of ['/health', '/livez'])
      expect((await app.get(path, '10.0.3.17:3000')).status).toBe(200);
    expect(app.app.getHttpServer().keepAliveTimeout).toBe(65_000);
    expect(app.log.of('warn')).toEqual([]);
  });

  it('have commands that copy the files', () => {
    const [nodejs = '', docker = ''] = commandsIn('elastic-beanstalk');
    expect(run(nodejs)).toEqual(
      [...COMMON, '.ebextensions/30-port.config', 'Procfile'].sort(),
    );
    expect(run(docker)).toEqual(
      [
        ...COMMON,
        '.dockerignore',
        '.ebextensions/30-metadata-hop-limit.config',
        'Dockerfile',
      ].sort(),
    );
    expect(commandsIn('deploying').map(run)).toEqual([
      ['.dockerignore', 'Dockerfile'],
    ]);
    expect(commandsIn('kubernetes').map(run)).toEqual([
      filesBelow(join(root, 'deploy/kubernetes')).map(
        (name) => `kubernetes/${name}`,
      ),
    ]);
    const [nginx = ''] = commandsIn('nginx');
    const [copy = ''] = nginx.split('\n');
    expect(run(copy.replace(' /etc/nginx/conf.d/', ' .'))).toEqual([
      'shop.conf',
    ]);
  });

  it('name each folder and file of deploy/ once', () => {
    const listed = (heading: string, name: string) =>
      tableUnder(heading, `\n## ${heading}\n${pageOf(name)}`).map(
        ([cell = '']) => (codeIn(cell)[0] ?? '').replace(/\/$/, ''),
      );
    const under = (folder: string) => readdirSync(join(root, folder)).sort();
    const folders = tableUnder('top', `\n## top\n${pageOf('deploying')}`).map(
      ([, cell = '']) => codeIn(cell)[0]?.split('/')[1] ?? '',
    );
    expect(folders.sort()).toEqual(under('deploy'));
    expect(listed('top', 'elastic-beanstalk').sort()).toEqual(
      under('deploy/elastic-beanstalk'),
    );
    const files = listed('top', 'kubernetes').filter((name) =>
      name.endsWith('.yaml'),
    );
    expect(files.sort()).toEqual(under('deploy/kubernetes'));
  });

  it('have a command for ECS with every parameter of the template', () => {
    const { Parameters } = parseTemplate(read('deploy/ecs/service.yaml'));
    const [command = ''] = commandsIn('ecs');
    const given = [...command.matchAll(/\b(\w+)=/g)].map(([, name]) => name);
    expect(given).toEqual(Object.keys(Parameters));
  });

  it('have the times of the manifests for Kubernetes', () => {
    const page = pageOf('kubernetes').replaceAll(/\s+/g, ' ');
    const { spec } = parse(read('deploy/kubernetes/deployment.yaml')).spec
      .template as { spec: PodSpec };
    const [container] = spec.containers;
    const preStop = container?.lifecycle.preStop.sleep.seconds ?? Number.NaN;
    const kill = spec.terminationGracePeriodSeconds;
    expect(page).toContain(
      `\`preStop\` (${preStop} s), then SIGTERM, the grace (20 s) and \`forceCloseAfterMs\` (5 s), all within \`terminationGracePeriodSeconds\` (${kill})`,
    );
    const [, graceMs = '', killNlb] =
      /`gracefulShutdownTimeoutMs: (\d+_000)` and `terminationGracePeriodSeconds: (\d+)`/.exec(
        page,
      ) ?? [];
    const grace = Number(graceMs.replace('_', '')) / 1000;
    expect(preStop + grace + 5).toBeLessThan(Number(killNlb));
  });
});

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly lifecycle: {
      readonly preStop: { readonly sleep: { readonly seconds: number } };
    };
  }[];
}
