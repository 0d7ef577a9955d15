import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { of } from 'rxjs';
import { hostUnder, play, table } from '../../sample/story.js';
import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';
import { EXTRA_NAMES } from '../../src/allowed-hosts.module-definition.js';
import {
  OPTION_NAMES,
  resolveOptions,
} from '../../src/allowed-hosts.options.js';
import { resolveHealthOptions } from '../../src/health/health.options.js';
import {
  AllowedHosts,
  AllowedHostsModule,
  HostList,
  type AllowedHostsOptions,
} from '../../src/index.js';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import {
  blocksOf,
  codeIn,
  commandsOf,
  filesIn,
  tableUnder,
} from './markdown.js';
import {
  removeSnippets,
  runMain,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const blocks = blocksOf(readme);
const ofLanguage = (name: string) =>
  blocks.filter(({ language }) => language === name);

const [printed, diagram] = ofLanguage('text');

/** The files that `nest new` of a major version generates, by their path. */
const generatedBy = (major: number) =>
  filesIn(read(`test/docs/fixtures/nest-new-${major}.md`));

const generatedNow = generatedBy(12);

/** What the README expects to be there: the files of `nest new` that it does not replace, and the sample's. */
const given = {
  'app.controller.ts': generatedNow.get('src/app.controller.ts') ?? '',
  'app.service.ts': generatedNow.get('src/app.service.ts') ?? '',
  'sample.controller.ts': read('sample/app.controller.ts'),
  'sample.module.ts': read('sample/app.module.ts').replace(
    './app.controller.js',
    './sample.controller.js',
  ),
};

const moduleOf = async (file: string, name: string) =>
  (await snippet<Record<string, Type>>(file))[name] ?? missing(file, name);

/** One check for each block of TypeScript. */
const checks: Readonly<Record<string, (platform: Platform) => Promise<void>>> =
  {
    'app.module.ts': async (platform) => {
      const app = await start(
        await moduleOf('app.module.ts', 'AppModule'),
        platform,
      );
      const commands = ofLanguage('console').flatMap(commandsOf);
      expect(commands.length).toBeGreaterThan(0);
      for (const { command, output } of commands) {
        const [, host, path = ''] =
          /^curl -H 'Host: (.+)' localhost:3000(\/\S*)$/.exec(command) ?? [];
        // A response that is too long for the page ends in dots.
        const [shown = '', dots] = output.split(/ (\.\.\.)$/);
        const { body } = await app.get(path, host);
        const given = dots === undefined ? body : body.slice(0, shown.length);
        expect(`${command}\n${given}`).toBe(`${command}\n${shown}`);
      }
    },

    'main.ts': async (platform) => {
      const running = await runMain(`main.${platform.name}.ts`, platform);
      expect((await running.get('/', 'www.example.org')).status).toBe(200);
      expect((await running.get('/', 'evil.example')).status).toBe(400);
      await running.app.close();
    },

    'hosts.module.ts': async (platform) => {
      process.env['ALLOWED_HOSTS'] = 'example.com, .example.org';
      const app = await start(
        await moduleOf('hosts.module.ts', 'HostsModule'),
        platform,
      );
      expect((await app.get('/health', 'www.example.org')).status).toBe(200);
      expect((await app.get('/health', 'evil.example')).status).toBe(400);
    },

    'ready.controller.ts': async (platform) => {
      const app = await start(
        {
          module: class AppModule {},
          imports: [
            AllowedHostsModule.forRoot({
              hosts: 'example.com',
              health: { path: false },
            }),
          ],
          controllers: [
            await moduleOf('ready.controller.ts', 'ReadyController'),
          ],
        },
        platform,
      );
      for (const host of [
        'example.com',
        '10.0.9.41:443',
        'localhost',
        undefined,
      ])
        expect((await app.get('/readyz', host)).body).toContain(
          '"status":"ok"',
        );
      expect((await app.get('/readyz', 'evil.example')).status).toBe(400);
      expect((await app.get('/health', 'example.com')).status).toBe(404);
    },

    'refusal-counter.ts': async (platform) => {
      const RefusalCounter = await moduleOf(
        'refusal-counter.ts',
        'RefusalCounter',
      );
      const app = await start(
        {
          module: class AppModule {},
          imports: [AllowedHostsModule.forRoot({ hosts: 'example.com' })],
          providers: [RefusalCounter],
        },
        platform,
      );
      await app.get('/', 'evil.example');
      await app.get('/', 'evil.example');
      await app.get('/', 'example.com, evil.example');
      const { counts } = app.app.get<{ counts: Map<string, number> }>(
        RefusalCounter,
      );
      expect([...counts]).toEqual([
        ['unlisted', 2],
        ['malformed', 1],
      ]);
    },

    'disallowed-host.filter.ts': async (platform) => {
      const Filter = await moduleOf(
        'disallowed-host.filter.ts',
        'DisallowedHostFilter',
      );
      const app = await start(
        await moduleOf('app.module.ts', 'AppModule'),
        platform,
        (nest) => void nest.useGlobalFilters(new Filter(nest.getHttpAdapter())),
      );
      expect(await app.get('/', 'evil.example')).toMatchObject({
        status: 400,
        body: 'Unknown host',
      });
      expect((await app.get('/nothing', 'example.com')).status).toBe(404);
    },
  };

beforeAll(() => {
  const main = blocks.find(({ name }) => name === 'main.ts')?.text ?? '';
  writeSnippets(ofLanguage('ts'), {
    ...given,
    'main.express.ts': main,
    'main.fastify.ts': main,
  });
});
afterEach(stopAll);
afterAll(removeSnippets);

describe('README.md', () => {
  it('has no block without a check', () => {
    expect(ofLanguage('ts').map(({ name }) => name)).toEqual(
      Object.keys(checks),
    );
    expect(ofLanguage('console')).toHaveLength(1);
    expect(ofLanguage('sh')).toHaveLength(2);
    expect(ofLanguage('text')).toHaveLength(2);
    expect(blocks).toHaveLength(Object.keys(checks).length + 5);
  });

  it('has blocks that compile', () => {
    expect(typeErrors(Object.keys(checks))).toEqual([]);
  });

  describe.each(platforms)('on $name', (platform) => {
    it.each(Object.keys(checks))('%s does what it says', (name) =>
      checks[name]?.(platform),
    );

    it('a guard alone leaves open what the alternatives name', async () => {
      @Module({
        providers: [
          { provide: APP_GUARD, useValue: { canActivate: () => false } },
        ],
      })
      class GuardedModule {}
      const app = await start(GuardedModule, platform, (nest) => {
        nest.enableCors();
        nest.use('/middleware', answerAll);
      });
      const preflight = [
        'Origin: http://evil.example',
        'Access-Control-Request-Method: GET',
      ];
      const statuses = [
        (await app.get('/nothing', 'evil.example')).status,
        (await app.get('/middleware', 'evil.example')).status,
        (await app.request('OPTIONS', '/', 'evil.example', preflight)).status,
      ];
      expect(statuses).toEqual([404, 200, 204]);
    });

    it('options without an example do what their rows say', async () => {
      const statusOf = async (
        options: Partial<AllowedHostsOptions>,
        host: string,
        headers: readonly string[] = [],
      ) => {
        const app = await start(
          AllowedHostsModule.forRoot({
            hosts: 'example.com',
            health: { hosts: 'listed' },
            ...options,
          }),
          platform,
        );
        return (await app.get('/health', host, headers)).status;
      };
      const find = async (hostname: string) => hostname === 'tenant.example';
      const forwarded = ['X-Forwarded-Host: evil.example'];
      expect([
        await statusOf({ hosts: of(['evil.example']) }, 'evil.example'),
        await statusOf({ lookup: { find } }, 'tenant.example:8443'),
        await statusOf({ lookup: { find } }, 'evil.example'),
        await statusOf({ statusCode: 421 }, 'evil.example'),
        await statusOf({ mode: 'report' }, 'evil.example'),
        await statusOf({}, 'example.com', forwarded),
        await statusOf({ forwardedHost: 'always' }, 'example.com', forwarded),
        await statusOf({}, '10.0.0.1'),
      ]).toEqual([200, 200, 400, 421, 200, 200, 400, 400]);
    });

    it('a route rule counts on its own path only', async () => {
      const app = await start(
        AllowedHostsModule.forRoot({ hosts: 'example.com' }),
        platform,
        (nest) => void nest.use('/files', answerAll),
      );
      expect((await app.get('/health', '10.0.0.1')).status).toBe(200);
      expect((await app.get('/health;x', '10.0.0.1')).status).toBe(400);
      expect((await app.get('/files/health', '10.0.0.1')).status).toBe(400);
      expect((await app.get('/files/health', 'example.com')).status).toBe(200);
    });

    it('a global prefix moves the health route as described', async () => {
      const prefixed = async (
        options?: Parameters<INestApplication['setGlobalPrefix']>[1],
      ) => {
        const app = await start(
          await moduleOf('app.module.ts', 'AppModule'),
          platform,
          (nest) => void nest.setGlobalPrefix('api', options),
        );
        return [
          (await app.get('/health', '10.0.9.41:443')).status,
          (await app.get('/api/health', '10.0.9.41:443')).status,
        ];
      };
      expect(await prefixed()).toEqual([400, 200]);
      expect(readme).toContain(
        `app.setGlobalPrefix('api', { exclude: ['health'] })`,
      );
      expect(await prefixed({ exclude: ['health'] })).toEqual([200, 400]);
    });

    it('the hosts of the diagram get where their arrows point', async () => {
      const app = await startWithOwnAddresses(platform);
      const arrows = arrowsOf(diagram?.text ?? '');
      expect(arrows.length).toBeGreaterThan(5);
      for (const { host, head, target } of arrows) {
        const statuses = [
          (await app.get('/', host)).status,
          (await app.get('/health', host)).status,
        ];
        const wanted =
          head === 'x'
            ? [400, 400]
            : target.startsWith('/health only')
              ? [400, 200]
              : [200, 200];
        expect([host, statuses]).toEqual([host, wanted]);
      }
    });

    it('every host that a platform sends passes on /health', async () => {
      const app = await start(
        await moduleOf('app.module.ts', 'AppModule'),
        platform,
      );
      const sent = tableUnder('Load balancers and health checks', readme)
        .flatMap(([, host = '']) => codeIn(host))
        .map((code) => (code === 'Host' ? undefined : code));
      expect(sent.length).toBeGreaterThan(5);
      for (const host of sent)
        expect([host, (await app.get('/health', host)).status]).toEqual([
          host,
          200,
        ]);
    });

    it('the sample prints the table', async () => {
      const fake = await FakeEc2Metadata.start();
      const environment = { ...process.env };
      Object.assign(process.env, fake.env);
      try {
        delete process.env['ALLOWED_HOSTS'];
        const app = await start(
          await moduleOf('sample.module.ts', 'AppModule'),
          platform,
        );
        const { hosts, addresses } = app.app.get(AllowedHosts);
        const rows = await play({
          port: app.port,
          listed: hostUnder(hosts),
          privateIp: addresses[0]?.address ?? '',
        });
        const shown = rows.map((row) => ({
          ...row,
          host: row.host.replace(`:${app.port}`, ':3000'),
        }));
        expect(printed?.text.trim()).toBe(table(shown));
      } finally {
        process.env = environment;
        await fake.stop();
      }
    });
  });

  it('names the packages that it needs', () => {
    const { name, peerDependencies, peerDependenciesMeta, dependencies } =
      JSON.parse(read('package.json')) as {
        readonly name: string;
        readonly peerDependencies: object;
        readonly peerDependenciesMeta: object;
        readonly dependencies?: object;
      };
    expect(readme).toContain('It has no run-time dependencies.');
    expect(dependencies).toBeUndefined();
    const inEveryApplication =
      /^(@nestjs\/(common|core)|reflect-metadata|rxjs)$/;
    const others = Object.keys(peerDependencies).filter(
      (peer) =>
        !inEveryApplication.test(peer) && !(peer in peerDependenciesMeta),
    );
    expect(ofLanguage('sh').map(({ text }) => text.trim())).toEqual([
      ['npm install', name, ...others].join(' '),
      'npm install @nestjs/config',
    ]);
  });

  it('names the versions that the package supports', () => {
    const { engines, peerDependencies } = JSON.parse(read('package.json')) as {
      engines: { node: string };
      peerDependencies: Record<string, string>;
    };
    const lowest = (peer: string) =>
      /^\^([\d.]+?)(?:\.0)*(?: |$)/.exec(peerDependencies[peer] ?? '')?.[1];
    expect(readme).toContain(`\`${engines.node}\``);
    expect(readme).toContain(`Nest 11, from ${lowest('@nestjs/core')}`);
    expect(readme).toContain(`rxjs ${lowest('rxjs')} or newer`);
  });

  it.each([12, 11])(
    'its quick start keeps all that "nest new" of Nest %i generates',
    (major) => {
      const generated = generatedBy(major);
      // On Nest 11 the reader leaves out ".js", as told.
      const block = (name: string) =>
        (filesIn(readme).get(name) ?? '').replaceAll(
          major === 11 ? `.js';` : '',
          major === 11 ? `';` : '',
        );
      expect(
        block('app.module.ts')
          .replace(/^import .*'nestjs-allowed-hosts';\n/m, '')
          .replace(/imports: \[AllowedHostsModule.*\]/, 'imports: []'),
      ).toBe(generated.get('src/app.module.ts'));
      expect(
        block('main.ts')
          .replace(/^ *app\.enableShutdownHooks\(\);.*\n/m, '')
          // CommonJS has no await here.
          .replace(
            'void bootstrap',
            major === 11 ? 'bootstrap' : 'await bootstrap',
          ),
      ).toBe(generated.get('src/main.ts'));
    },
  );

  it.each(tableUnder('Patterns', readme))(
    '%s allows and refuses the hosts in its row',
    (pattern, allowed, refused) => {
      const [text = ''] = codeIn(pattern ?? '');
      const [, source] = /^\/(.*)\/$/.exec(text) ?? [];
      const list = HostList.from([
        source === undefined ? text : new RegExp(source),
      ]);
      for (const host of codeIn(allowed ?? ''))
        expect([host, list.allows(host)]).toEqual([host, true]);
      for (const host of codeIn(refused ?? ''))
        expect([host, list.allows(host)]).toEqual([host, false]);
    },
  );

  it('values that are not a host are refused by every list', () => {
    const [line = ''] = /^- no `Host`.*$/m.exec(readme) ?? [];
    const values = codeIn(line).slice(1);
    expect(values.length).toBeGreaterThan(1);
    for (const value of values)
      expect([value, HostList.from('*').allows(value)]).toEqual([value, false]);
  });

  it('has every option with its default, and no other', () => {
    const { endsProcess, ...options } = resolveHealthOptions({});
    expect(endsProcess).toBe(true); // it is what `health: false` says
    const health = Object.entries(options).map(
      ([name, value]) => [`health.${name}`, value] as const,
    );
    const defaults = new Map<string, unknown>([
      ...Object.entries(resolveOptions({ hosts: 'example.com' })),
      ['isGlobal', true],
      ...health,
    ]);
    // These are required, or have parts with their own defaults.
    for (const name of ['hosts', 'lookup', 'addresses', 'health'])
      defaults.delete(name);
    const names = [...OPTION_NAMES, ...EXTRA_NAMES, ...health.map(([n]) => n)];
    const rows = tableUnder('Options', readme);
    expect(rows).toHaveLength(names.length);
    expect(
      new Map(
        rows.map(([option = '', value]) => [codeIn(option)[0], value] as const),
      ),
    ).toEqual(
      new Map(
        names.map((name) => [
          name,
          defaults.has(name) ? `\`${written(defaults.get(name))}\`` : '',
        ]),
      ),
    );
  });

  it('docs/addresses.md has every option of addresses', () => {
    const page = readFileSync(join(root, 'docs/addresses.md'), 'utf8');
    for (const name of Object.keys(resolveAddressesOptions({}) || {}))
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
  });

  it('links to every page of docs/', () => {
    for (const page of readdirSync(join(root, 'docs')))
      expect(readme).toContain(`](docs/${page})`);
  });

  it('is read in one sitting', () => {
    expect(readme.split('\n').length).toBeLessThan(300);
  });
});

/** The addresses that the diagram gives to this machine, as found by a source. */
async function startWithOwnAddresses(platform: Platform) {
  const addresses = async () => ['10.0.3.17', '10.244.1.5'];
  @Module({
    imports: [
      AllowedHostsModule.forRoot({
        hosts: 'example.com',
        addresses: { sources: [{ name: 'test', addresses }] },
      }),
    ],
    controllers: [await moduleOf('app.controller.ts', 'AppController')],
    providers: [await moduleOf('app.service.ts', 'AppService')],
  })
  class DiagramModule {}
  return start(DiagramModule, platform);
}

/** The arrows that leave the gate: which host, whether it passes, and where to. */
function arrowsOf(text: string) {
  return text.split('\n').flatMap((line) => {
    const [, host, head = '', target = ''] =
      /(?:Host: (\S+)|no Host) .*--([>x]) (.*)$/.exec(line) ?? [];
    return head === '' ? [] : [{ host, head, target }];
  });
}

function answerAll(
  _request: unknown,
  response: { end(text: string): void },
): void {
  response.end('answered');
}

function written(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function missing(file: string, name: string): never {
  throw new Error(`${file} exports no ${name}`);
}
