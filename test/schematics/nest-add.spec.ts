import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { NestAddOptions } from '../../src/schematics/application.js';
import { nestAdd } from '../../src/schematics/nest-add.js';
import { filesIn } from '../docs/markdown.js';
import { runSchematic, type Files } from './run-schematic.js';

const generatedBy = (major: number) =>
  Object.fromEntries(
    filesIn(
      readFileSync(
        join(import.meta.dirname, `../docs/fixtures/nest-new-${major}.md`),
        'utf8',
      ),
    ),
  );

const generated = generatedBy(12);
const MAIN = generated['src/main.ts'] ?? '';
const MODULE = generated['src/app.module.ts'] ?? '';

const manifest = (dependencies: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({ dependencies }, null, 2);

const NEST_12 = {
  'package.json': manifest(),
  'node_modules/@nestjs/core/package.json': '{ "version": "12.5.1" }',
  'src/main.ts': MAIN,
  'src/app.module.ts': MODULE,
};

const add = (files: Files, options: NestAddOptions = {}) =>
  runSchematic(nestAdd(options), files);

const writtenModule = async (text: string, files: Files = {}) => {
  const { written, log } = await add({
    ...NEST_12,
    ...files,
    'src/app.module.ts': text,
  });
  return written['src/app.module.ts'] ?? log;
};

describe('nest add', () => {
  it.each([11, 12])('changes what nest new %s generates', async (major) => {
    const { written, log, tasks } = await add({
      ...NEST_12,
      ...generatedBy(major),
      'node_modules/@nestjs/core/package.json': `{ "version": "${major}.2.3" }`,
    });
    expect(Object.keys(written).toSorted()).toEqual([
      '.env.example',
      'package.json',
      'src/app.module.ts',
      'src/main.ts',
    ]);
    expect(JSON.parse(written['package.json'] ?? '')).toEqual({
      dependencies: { '@nestjs/terminus': `^${major}.0.0` },
    });
    expect(written['src/main.ts']).toContain(
      `  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks(); // needed to drain on SIGTERM
`,
    );
    expect(log).toBe('');
    expect(tasks).toHaveLength(1);
  });

  it('changes nothing in a second run', async () => {
    const { written } = await add(NEST_12);
    const again = await add({ ...NEST_12, ...written });
    expect(again).toEqual({ written: {}, log: '', tasks: [] });
  });

  it('reads the list from ConfigService if @nestjs/config is a dependency', async () => {
    const text = await writtenModule(
      `import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { AppController } from './app.controller.js';

@Module({
  imports: [ConfigModule.forRoot()],
  controllers: [AppController],
})
export class AppModule {}
`,
      { 'package.json': manifest({ '@nestjs/config': '^12.0.0' }) },
    );
    expect(text).toBe(`import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { AllowedHostsModule } from 'nestjs-allowed-hosts';
import { AppController } from './app.controller.js';

@Module({
  imports: [
    ConfigModule.forRoot(),
    AllowedHostsModule.forRootAsync({
      imports: [ConfigModule],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        hosts: config.get<string>('ALLOWED_HOSTS', 'loopback'),
      }),
    }),
  ],
  controllers: [AppController],
})
export class AppModule {}
`);
  });

  it.each([
    [
      'several modules in lines, without a trailing comma',
      `imports: [\n    A, // first\n    B // second\n  ],`,
      `imports: [\n    A, // first\n    B, // second\n    ALLOWED_HOSTS\n  ],`,
    ],
    [
      'several modules in one line',
      `imports: [A, B],`,
      `imports: [\n    A,\n    B,\n    ALLOWED_HOSTS,\n  ],`,
    ],
    [
      'a comment alone',
      `imports: [\n    // none yet\n  ],`,
      `imports: [\n    // none yet\n    ALLOWED_HOSTS,\n  ],`,
    ],
    [
      'no imports',
      `controllers: [],`,
      `imports: [\n    ALLOWED_HOSTS,\n  ],\n  controllers: [],`,
    ],
  ])('keeps the lines of a module with %s', async (_, before, after) => {
    const text = await writtenModule(
      MODULE.replace('imports: [],', before).replace(
        before.startsWith('imports') ? /^$/ : /  controllers: \[App.*\],\n/,
        '',
      ),
    );
    const code = /AllowedHostsModule\.forRoot\(\{[^}]*\}\)/;
    expect(text.replace(code, 'ALLOWED_HOSTS')).toContain(after);
  });

  it('keeps tabs, double quotes, line ends and missing semicolons', async () => {
    const styled = (text: string) =>
      text
        .replaceAll('  ', '\t')
        .replaceAll(`'`, `"`)
        .replaceAll(';', '')
        .replaceAll('\n', '\r\n');
    const plain = await add(NEST_12);
    const { written } = await add({
      ...NEST_12,
      'src/app.module.ts': styled(MODULE),
      'src/main.ts': styled(MAIN),
    });
    for (const path of ['src/app.module.ts', 'src/main.ts'])
      expect(written[path]).toBe(styled(plain.written[path] ?? ''));
  });

  it('finds the root module where main.ts imports it from', async () => {
    const { written } = await add({
      ...NEST_12,
      'src/main.ts': MAIN.replace(
        `{ AppModule } from './app.module.js'`,
        `{ ShopModule as AppModule } from './shop/shop.module.js'`,
      ),
      'src/shop/shop.module.ts': MODULE.replace('AppModule', 'ShopModule'),
    });
    expect(written['src/shop/shop.module.ts']).toContain('AllowedHostsModule');
    expect(written).not.toHaveProperty('src/app.module.ts');
  });

  it('does not register the module again if another file of the application does', async () => {
    const { written, log } = await add({
      ...NEST_12,
      'src/hosts.module.ts': `export const hosts = AllowedHostsModule.forRoot({ hosts: 'example.com' });`,
      'src/notes.ts': `// AllowedHostsModule`,
    });
    expect(written).not.toHaveProperty('src/app.module.ts');
    expect(log).toBe('');
  });

  it('does not take a comment for a registration', async () => {
    const { written } = await add({
      ...NEST_12,
      'src/notes.ts': `// AllowedHostsModule, enableShutdownHooks`,
      'src/main.ts': `// enableShutdownHooks\n${MAIN}`,
    });
    expect(written['src/app.module.ts']).toContain('AllowedHostsModule');
    expect(written['src/main.ts']).toContain('app.enableShutdownHooks()');
  });

  it.each([
    ['imports from elsewhere', MODULE.replace('imports: []', 'imports')],
    ['spread metadata', MODULE.replace('imports: []', '...metadata')],
    ['metadata from elsewhere', MODULE.replace(/\(\{.*\}\)/s, '(metadata)')],
    ['no such class', MODULE.replace('AppModule', 'OtherModule')],
    ['no file', undefined],
  ])(
    'leaves a root module with %s alone, and logs what to write',
    async (_, text) => {
      const { written, log } = await add({
        ...NEST_12,
        'src/app.module.ts': text,
      });
      expect(written).not.toHaveProperty('src/app.module.ts');
      expect(log)
        .toBe(`src/app.module.ts was not changed. In the root module, write:
  import { AllowedHostsModule } from 'nestjs-allowed-hosts';

  imports: [
    AllowedHostsModule.forRoot({
      hosts: process.env.ALLOWED_HOSTS ?? 'loopback',
    }),
  ],`);
    },
  );

  it.each([
    [
      'then()',
      `NestFactory.create(AppModule).then((app) => app.listen(3000));`,
    ],
    [
      'two applications',
      `const a = await NestFactory.create(AppModule);\nconst b = await NestFactory.create(AppModule);`,
    ],
    ['an application from elsewhere', `await startApplication(AppModule);`],
    ['no file', undefined],
  ])(
    'leaves a main.ts with %s alone, and logs what to write',
    async (_, code) => {
      const { written, log } = await add({
        ...NEST_12,
        'src/main.ts':
          code && `import { AppModule } from './app.module.js';\n${code}\n`,
      });
      expect(written).not.toHaveProperty('src/main.ts');
      expect(log)
        .toContain(`src/main.ts was not changed. After NestFactory.create(), write:
  app.enableShutdownHooks();`);
    },
  );

  it('adds Host to each request of end-to-end tests with supertest', async () => {
    const test = (host: string) => `import * as request from "supertest";
it('one', () => request(app.getHttpServer()).get('/')${host}.expect(200));
it('two', () => {
  return request(app.getHttpServer())
    .post('/cats')${host && `\n    ${host}`}
    .send({ get: 1 });
});
`;
    const { written } = await add({
      ...NEST_12,
      'test/app.e2e-spec.ts': test(''),
      'test/unit.e2e-spec.ts': `it('runs', () => undefined);`,
      'test/set.e2e-spec.ts': test(`.set("Host", "example.com")`),
    });
    expect(written['test/app.e2e-spec.ts']).toBe(
      test(`.set("Host", "localhost")`),
    );
    expect(written).not.toHaveProperty('test/unit.e2e-spec.ts');
    expect(written).not.toHaveProperty('test/set.e2e-spec.ts');
  });

  it('leaves an end-to-end test with an agent alone, and logs what to write', async () => {
    const { written, log } = await add({
      ...NEST_12,
      'test/app.e2e-spec.ts': `import request from 'supertest';\nconst agent = request.agent(app);\n`,
    });
    expect(written).not.toHaveProperty('test/app.e2e-spec.ts');
    expect(log).toContain(
      'test/app.e2e-spec.ts was not changed. On each request',
    );
  });

  it.each([
    ['PORT=3000\n', 'PORT=3000\n\n'],
    ['PORT=3000', 'PORT=3000\n\n'],
    [undefined, ''],
  ])('adds ALLOWED_HOSTS to .env.example %j', async (before, start) => {
    const { written } = await add({ ...NEST_12, '.env.example': before });
    expect(written['.env.example']).toMatch(
      new RegExp(`^${start}# The hosts .*\n# .*\nALLOWED_HOSTS=loopback\n$`),
    );
  });

  it.each([
    'ALLOWED_HOSTS=example.com',
    '# ALLOWED_HOSTS = ',
    'export ALLOWED_HOSTS=',
  ])('keeps a .env.example with %s', async (line) => {
    const { written } = await add({ ...NEST_12, '.env.example': line });
    expect(written).not.toHaveProperty('.env.example');
  });

  it('finds a project of a monorepo by its name, or by the folder that the Nest CLI passes', async () => {
    const project = {
      root: 'apps/shop',
      sourceRoot: 'apps/shop/src',
      entryFile: 'server',
    };
    const files = {
      ...NEST_12,
      'nest-cli.json': `{
        // The default project
        "sourceRoot": "src",
        "projects": { "shop": ${JSON.stringify(project)} }
      }`,
      'apps/shop/src/server.ts': MAIN,
      'apps/shop/src/app.module.ts': MODULE,
    };
    for (const options of [
      { project: 'shop' },
      { sourceRoot: 'apps/shop/src' },
    ]) {
      const { written } = await add(files, options);
      expect(Object.keys(written).toSorted()).toEqual([
        '.env.example',
        'apps/shop/src/app.module.ts',
        'apps/shop/src/server.ts',
        'package.json',
      ]);
    }
    await expect(add(files, { project: 'shup' })).rejects.toThrow(
      'There is no project "shup" in nest-cli.json. Its projects: shop.',
    );
  });

  it('keeps the version of Terminus that the application has', async () => {
    const { written, tasks } = await add({
      ...NEST_12,
      'package.json': manifest({ '@nestjs/terminus': '12.0.1' }),
    });
    expect(written).not.toHaveProperty('package.json');
    expect(tasks).toEqual([]);
  });

  it.each([{ skipInstall: true }, { s: true }])(
    'installs nothing with %j, and logs what to install',
    async (options) => {
      const { tasks, log } = await add(NEST_12, options);
      expect(tasks).toEqual([]);
      expect(log).toContain('Install @nestjs/terminus');
    },
  );

  it.each([
    ['is not installed', undefined],
    ['has no API, as version 7', 'export const version = "7.0.2";'],
  ])(
    'logs what to write in source files if typescript %s',
    async (_, typescript) => {
      const workspace = mkdtempSync(join(tmpdir(), 'nest-add-'));
      if (typescript !== undefined) {
        const folder = join(workspace, 'node_modules/typescript');
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'index.js'), typescript);
      }
      const cwd = jest.spyOn(process, 'cwd').mockReturnValue(workspace);
      const { written, log } = await add(NEST_12);
      cwd.mockRestore();
      rmSync(workspace, { recursive: true });
      expect(Object.keys(written)).toEqual(['.env.example', 'package.json']);
      expect(log).toContain('No source file was changed');
      for (const code of [
        'AllowedHostsModule.forRoot({',
        'app.enableShutdownHooks();',
        `.set('Host', 'localhost')`,
      ])
        expect(log).toContain(code);
    },
  );

  it('rejects -d, which Nest CLI 11 does not understand as --dry-run', async () => {
    await expect(add(NEST_12, { d: true })).rejects.toThrow('--dry-run');
  });
});
