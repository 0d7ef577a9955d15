import 'reflect-metadata';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type INestApplication, Module, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { of } from 'rxjs';
import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';
import { EXTRA_NAMES } from '../../src/allowed-hosts.module-definition.js';
import {
  OPTION_NAMES,
  resolveOptions,
} from '../../src/allowed-hosts.options.js';
import { resolveHealthOptions } from '../../src/health/health.options.js';
import {
  AllowedHostsModule,
  type AllowedHostsOptions,
  HostList,
} from '../../src/index.js';
import { hostUnder, play, table } from '../../sample/story.js';
import { type Platform, platforms, start, stopAll } from '../harness.js';
import { blocksOf, codeIn, commandsOf, tableUnder } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = blocksOf(readme);
const ofLanguage = (name: string) =>
  blocks.filter(({ language }) => language === name);

/** What the README takes as given: the controller that "nest new" makes. */
const given = {
  'app.controller.ts': `import { Controller, Get } from '@nestjs/common';
@Controller()
export class AppController {
  @Get()
  hello() {
    return 'Hello World!';
  }
}`,
};

const moduleOf = async (file: string, name: string) =>
  (await snippet<Record<string, Type>>(file))[name] ?? missing(file, name);

/** One for each block of TypeScript. */
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
        // What is too long for a page ends in dots.
        const [shown = '', dots] = output.split(/ (\.\.\.)$/);
        const { body } = await app.get(path, host);
        const answer = dots === undefined ? body : body.slice(0, shown.length);
        expect(`${command}\n${answer}`).toBe(`${command}\n${shown}`);
      }
    },

    'config.module.ts': async (platform) => {
      process.env['ALLOWED_HOSTS'] = 'example.com, .example.org';
      const app = await start(
        await moduleOf('config.module.ts', 'ConfiguredModule'),
        platform,
      );
      expect((await app.get('/health', 'www.example.org')).status).toBe(200);
      expect((await app.get('/health', 'evil.example')).status).toBe(400);
    },

    'main.ts': async (platform) => {
      const { configure } = await snippet<{
        configure: (app: INestApplication) => void;
      }>('main.ts');
      const app = await start(
        await moduleOf('app.module.ts', 'AppModule'),
        platform,
        configure,
      );
      expect((await app.get('/health', '10.0.9.41:443')).status).toBe(200);
      expect((await app.get('/api/health', 'example.com')).status).toBe(404);
      expect((await app.get('/api', 'example.com')).body).toBe('Hello World!');
    },

    'ready.controller.ts': async (platform) => {
      const app = await start(
        {
          module: class AppModule {},
          imports: [
            AllowedHostsModule.forRoot({ hosts: 'example.com', health: false }),
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
        expect((await app.get('/readyz', host)).body).toBe('ready');
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

beforeAll(() => writeSnippets(ofLanguage('ts'), given));
afterEach(stopAll);
afterAll(removeSnippets);

describe('README.md', () => {
  it('has no block without a check', () => {
    expect(ofLanguage('ts').map(({ name }) => name)).toEqual(
      Object.keys(checks),
    );
    expect(ofLanguage('console')).toHaveLength(1);
    expect(ofLanguage('sh')).toHaveLength(1);
    expect(blocks).toHaveLength(Object.keys(checks).length + 2);
  });

  it('has blocks that compile', () => {
    expect(typeErrors(Object.keys(checks))).toEqual([]);
  }, 60_000);

  describe.each(platforms)('on $name', (platform) => {
    it.each(Object.keys(checks))('%s does what it says', (name) =>
      checks[name]?.(platform),
    );

    it('a guard alone leaves open what is named there', async () => {
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

    it('the options that are only named there do what it says', async () => {
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

    it('a rule holds on its own path alone', async () => {
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

    it('the story of the sample ends well', async () => {
      const own = { name: 'test', addresses: async () => ['10.0.3.17'] };
      const app = await start(
        AllowedHostsModule.forRoot({
          hosts: '.example.com',
          addresses: { sources: [own] },
        }),
        platform,
      );
      const rows = await play({
        port: app.port,
        listed: hostUnder(['.example.com']),
        privateIp: '10.0.3.17',
      });
      for (const { who, answer } of rows) {
        const wanted = /^(attacker|scanner)/.test(who)
          ? '400 Bad Request: Host not allowed'
          : /^(ALB|NLB|classic ELB|kubelet)/.test(who)
            ? '200 OK'
            : '404 Not Found'; // let through: there is no such route here
        expect([who, answer.slice(0, wanted.length)]).toEqual([who, wanted]);
      }
      expect(new Set(table(rows).split('\n')).size).toBe(rows.length + 2);
    });
  });

  it('names the packages that it needs', () => {
    const { name, peerDependencies, peerDependenciesMeta, dependencies } =
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
        'peerDependencies' | 'peerDependenciesMeta' | 'dependencies',
        object
      > & { name: string };
    const [, runTime = ''] =
      /Run-time dependencies: (.*)\.$/m.exec(readme) ?? [];
    expect(codeIn(runTime)).toEqual(Object.keys(dependencies));
    const inEveryApplication =
      /^(@nestjs\/(common|core)|reflect-metadata|rxjs)$/;
    const others = Object.keys(peerDependencies).filter(
      (peer) =>
        !inEveryApplication.test(peer) && !(peer in peerDependenciesMeta),
    );
    expect(ofLanguage('sh')[0]?.text.replace(/ #.*/, '').trim()).toBe(
      ['npm install', name, ...others].join(' '),
    );
  });

  it.each(tableUnder('Patterns', readme))(
    'tells what %s allows',
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

  it('names values that are no host', () => {
    const [line = ''] = /^- no `Host`.*$/m.exec(readme) ?? [];
    const values = codeIn(line).slice(1);
    expect(values.length).toBeGreaterThan(1);
    for (const value of values)
      expect([value, HostList.from('*').allows(value)]).toEqual([value, false]);
  });

  it('has every option with its default, and no other', () => {
    const health = Object.entries(resolveHealthOptions({})).map(
      ([name, value]) => [`health.${name}`, value] as const,
    );
    const defaults = new Map<string, unknown>([
      ...Object.entries(resolveOptions({ hosts: 'example.com' })),
      ['isGlobal', true],
      ...health,
    ]);
    // They are to be given, or have parts with defaults of their own.
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

  it('leaves the options of addresses to a page that has them all', () => {
    const page = readFileSync(join(root, 'docs/addresses.md'), 'utf8');
    for (const name of Object.keys(resolveAddressesOptions({}) || {}))
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https:)([^)]+)\)/g)];
    expect(links.length).toBeGreaterThan(0);
    for (const [, path = ''] of links)
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
  });

  it('is read in one sitting', () => {
    expect(readme.split('\n').length).toBeLessThan(200);
  });
});

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
