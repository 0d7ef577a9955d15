import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { parse } from 'yaml';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { until } from '../support/until.js';
import { blocksOf, codeIn, tableUnder } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const page = readFileSync(
  join(import.meta.dirname, '../../docs/local-development.md'),
  'utf8',
);
const blocks = blocksOf(page);
const snippets = blocks.filter(({ language }) => language === 'ts');
const names = snippets.map(({ name = '' }) => name);

const rows = tableUnder('What to add', page).map(([, url = '', add = '']) => ({
  host: new URL(codeIn(url)[0] ?? '').host,
  patterns: codeIn(add),
}));

/** The status that an unknown path gives to a host: 404 where the host is allowed. */
async function statusFor(host: string, hosts: string, platform: Platform) {
  const app = await start(AllowedHostsModule.forRoot({ hosts }), platform);
  return (await app.get('/', host)).status;
}

/** Copies of the page's module: each reads the environment variable once, when it is imported. */
const MODULES = {
  unset: 'app.module.ts',
  compose: 'compose.ts',
  production: 'production.ts',
};

async function startPage(
  platform: Platform,
  module: keyof typeof MODULES,
  hosts?: string,
  configure?: (app: INestApplication) => void,
) {
  if (hosts !== undefined) process.env['ALLOWED_HOSTS'] = hosts;
  const { AppModule } = await snippet<{ AppModule: Type }>(MODULES[module]);
  delete process.env['ALLOWED_HOSTS'];
  return start(AppModule, platform, configure);
}

beforeAll(() => {
  const text = snippets[0]?.text ?? '';
  writeSnippets(snippets, {
    [MODULES.compose]: text,
    [MODULES.production]: text,
  });
});
afterEach(stopAll);
afterAll(removeSnippets);

describe('docs/local-development.md', () => {
  it('has no block without a check', () => {
    expect(names).toEqual([
      'app.module.ts',
      'hosts.module.ts',
      'vite.config.ts',
    ]);
    expect(blocks.map(({ language }) => language)).toEqual([
      'ts',
      'ts',
      'yaml',
      'ts',
    ]);
  });

  it('has blocks that compile', () => {
    expect(typeErrors(names)).toEqual([]);
  });

  describe.each(platforms)('on $name', (platform) => {
    it.each(rows)('$host is refused without $patterns', async ({ host }) => {
      expect(await statusFor(host, 'example.com', platform)).toBe(400);
    });

    it.each(
      rows.flatMap(({ host, patterns }) =>
        patterns.map((pattern) => ({ host, pattern })),
      ),
    )('$host is allowed by $pattern', async ({ host, pattern }) => {
      expect(await statusFor(host, pattern, platform)).toBe(404);
    });

    it('the module allows localhost alone where the variable is missing', async () => {
      const app = await startPage(platform, 'unset');
      expect((await app.get('/', 'localhost:3000')).status).toBe(404);
      expect((await app.get('/', 'rebound.example')).status).toBe(400);
      expect((await app.get('/', '192.168.1.20:3000')).status).toBe(400);
    });

    it('the module without a grace ends at once in watch mode', async () => {
      const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
      const { HostsModule } = await snippet<{ HostsModule: Type }>(
        'hosts.module.ts',
      );
      const app = await start(
        HostsModule,
        platform,
        (nest) => void nest.enableShutdownHooks(),
      );
      expect((await app.get('/', 'localhost:3000')).status).toBe(404);
      process.emit('SIGTERM', 'SIGTERM');
      await until(() => kill.mock.calls.length > 0);
      expect(app.log.of('log').join()).not.toContain('requests are served for');
      kill.mockRestore();
    });

    it('a service of Docker Compose is reached by its name', async () => {
      const compose = blocks.find(({ language }) => language === 'yaml');
      const { services } = parse(compose?.text ?? '') as {
        services: {
          api: {
            environment: { ALLOWED_HOSTS: string };
            healthcheck: { test: string };
          };
          worker: { environment: { API_URL: string } };
        };
      };
      const { api, worker } = services;
      const app = await startPage(
        platform,
        'compose',
        api.environment.ALLOWED_HOSTS,
      );
      const { host } = new URL(worker.environment.API_URL);
      expect((await app.get('/', host)).status).toBe(404);
      const [, probed = ''] =
        /^curl --fail (\S+)$/.exec(api.healthcheck.test) ?? [];
      const probe = new URL(probed);
      expect((await app.get(probe.pathname, probe.host)).status).toBe(200);
    });

    it('the hosts that the proxy of Vite sends are allowed', async () => {
      const { default: config } = await snippet<{
        default: { server: { proxy: Record<string, { target: string }> } };
      }>('vite.config.ts');
      const { target = '' } = config.server.proxy['/api'] ?? {};
      const app = await startPage(platform, 'unset');
      for (const host of [new URL(target).host, 'localhost:5173'])
        expect((await app.get('/api', host)).status).toBe(404);
    });

    it('Swagger UI is checked like every other path', async () => {
      const app = await startPage(
        platform,
        'production',
        'example.com',
        (nest) =>
          SwaggerModule.setup('docs', nest, () =>
            SwaggerModule.createDocument(nest, new DocumentBuilder().build()),
          ),
      );
      expect((await app.get('/docs', 'example.com')).status).toBe(200);
      expect((await app.get('/docs', 'localhost:3000')).status).toBe(400);
    });
  });
});
