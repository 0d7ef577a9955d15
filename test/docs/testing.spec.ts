import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import request from 'supertest';
import { AllowedHostsGuard, AllowedHostsModule } from '../../src/index.js';
import { platforms } from '../support/app.js';
import { blocksOf, filesIn } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/testing.md'), 'utf8');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = blocksOf(page).map((block) => ({
  ...block,
  text: block.text.replaceAll(`'./../src/`, `'./`),
}));
const names = blocks.map(({ name = '' }) => name);

const generated = filesIn(
  readFileSync(join(root, 'test/docs/fixtures/nest-new-12.md'), 'utf8'),
);
const ofReadme = filesIn(readme);

/** An application of `nest new` with this package, after the quick start of the README. */
const application = {
  'app.controller.ts': generated.get('src/app.controller.ts') ?? '',
  'app.service.ts': generated.get('src/app.service.ts') ?? '',
  'app.module.ts': ofReadme.get('app.module.ts') ?? '',
  'hosts.module.ts': ofReadme.get('hosts.module.ts') ?? '',
};

writeSnippets(blocks, application);
afterAll(removeSnippets);

// Its tests run as tests of this file. Jest does not count what supertest expects.
await snippet('app.e2e-spec.ts');
afterEach(() => expect(names).toContain('app.e2e-spec.ts'));

await snippet('allowed-hosts.ts');
const forJest = process.env['ALLOWED_HOSTS'];
delete process.env['ALLOWED_HOSTS'];

const running: INestApplication[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

/** What the generated test sends: a free port of 127.0.0.1 in Host. */
async function generatedRequest(
  moduleFixture: TestingModule,
  { name, adapter }: (typeof platforms)[number],
  path = '/health',
) {
  const app = moduleFixture.createNestApplication(adapter(), { logger: false });
  running.push(app);
  await app.init();
  if (name === 'fastify') await app.getHttpAdapter().getInstance().ready();
  return request(app.getHttpServer()).get(path);
}

describe('docs/testing.md', () => {
  it('has no block without a check', () => {
    expect(names).toEqual([
      'app.e2e-spec.ts',
      'fastify.ts',
      'vitest.config.e2e.ts',
      'allowed-hosts.ts',
      'override.ts',
    ]);
  });

  it('has blocks that compile', () => {
    expect(typeErrors(names)).toEqual([]);
  });

  describe.each(platforms)('on $name', (platform) => {
    const listed = (hosts: string) =>
      Test.createTestingModule({
        imports: [
          AllowedHostsModule.forRoot({ hosts, health: { hosts: 'listed' } }),
        ],
      });

    it('the generated test is refused', async () => {
      const fixture = await listed('example.com').compile();
      const response = await generatedRequest(fixture, platform);
      expect(response.status).toBe(400);
      const { port } = new URL(response.request.url);
      expect(response.request.url).toBe(`http://127.0.0.1:${port}/health`);
    });

    it('the lists for Vitest and for Jest let the generated test pass', async () => {
      const { default: config } = await snippet<{
        default: { test: { env: { ALLOWED_HOSTS: string } } };
      }>('vitest.config.e2e.ts');
      expect(forJest).toBe(config.test.env.ALLOWED_HOSTS);
      const fixture = await listed(config.test.env.ALLOWED_HOSTS).compile();
      const { status } = await generatedRequest(fixture, platform);
      expect(status).toBe(200);
    });

    it('a ConfigService that is replaced gives its list', async () => {
      const { testingModule } = await snippet<{
        testingModule: () => Promise<TestingModule>;
      }>('override.ts');
      const fixture = await testingModule();
      // 404: the host is allowed, and there is no such route.
      const { status } = await generatedRequest(fixture, platform, '/none');
      expect(status).toBe(404);
    });

    it('a guard that is replaced does not turn the check off', async () => {
      const fixture = await listed('example.com')
        .overrideProvider(AllowedHostsGuard)
        .useValue({ canActivate: () => true })
        .compile();
      const { status } = await generatedRequest(fixture, platform);
      expect(status).toBe(400);
    });
  });

  it('the agent on Fastify sends the listed host', async () => {
    const { startOnFastify } = await snippet<{
      startOnFastify: () => Promise<{
        app: INestApplication;
        agent: ReturnType<typeof request.agent>;
      }>;
    }>('fastify.ts');
    const { app, agent } = await startOnFastify();
    running.push(app);
    const { status, text } = await agent.get('/');
    expect([status, text]).toEqual([200, 'Hello World!']);
    const refused = await agent.get('/').set('Host', 'evil.example');
    expect(refused.status).toBe(400);
  });

  it('inject() of Fastify sends the host that the page names', () => {
    // In a process of its own: Jest cannot load what inject() needs before Node 24.9.
    const code = `import fastify from 'fastify';
      const app = fastify();
      app.get('/', async ({ headers }) => headers.host);
      const given = await app.inject({ url: '/', headers: { host: 'example.com' } });
      console.log((await app.inject('/')).body, given.body);`;
    const output = execFileSync(
      process.execPath,
      ['--input-type=module', '--eval', code],
      { cwd: root, encoding: 'utf8' },
    );
    expect(output).toBe('localhost:80 example.com\n');
    expect(page).toContain('sends `Host: localhost:80`');
  });
});
