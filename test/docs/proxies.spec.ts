import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';
import { blocksOf, codeIn, tableUnder } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const page = readFileSync(
  join(import.meta.dirname, '../../docs/proxies.md'),
  'utf8',
);
const blocks = blocksOf(page);
const snippets = blocks.filter(({ language }) => language === 'ts');
const advice = tableUnder('Pass Host on', page).map(
  ([host = '', , remedy = '']) => ({
    host: codeIn(host)[0] ?? '',
    remedy: codeIn(remedy)[0] ?? '',
  }),
);

beforeAll(() => writeSnippets(snippets, {}));
afterEach(stopAll);
afterAll(removeSnippets);

describe('docs/proxies.md', () => {
  it('has no block without a check', () => {
    expect(blocks.map(({ language, name }) => name ?? language)).toEqual([
      'nginx',
      'nginx',
      'app.module.ts',
    ]);
  });

  it('has a block that compiles', () => {
    expect(typeErrors(['app.module.ts'])).toEqual([]);
  });

  it('every location of nginx that passes requests on passes Host on', () => {
    const locations = blocks.flatMap(({ language, text }) =>
      language === 'nginx' ? text.split(/^ *location /m).slice(1) : [],
    );
    const passing = locations.filter((text) => text.includes('proxy_pass'));
    expect(passing).toHaveLength(4);
    const remedy = advice[0]?.remedy ?? '';
    expect(remedy).not.toBe('');
    for (const text of passing) expect(text).toContain(`${remedy};`);
  });

  describe.each(platforms)('on $name', (platform) => {
    it.each(advice)(
      '$host is refused without the advice to list it',
      async ({ host }) => {
        const app = await start(
          AllowedHostsModule.forRoot({ hosts: 'example.com' }),
          platform,
        );
        expect((await app.get('/', host)).status).toBe(400);
        const [line] = app.log.of('warn');
        expect(line).toContain('your proxy does not pass Host on');
        expect(line).not.toMatch(/\badd\b/);
      },
    );

    it('the application keeps connections longer than an ALB', async () => {
      const { AppModule } = await snippet<{ AppModule: Type }>('app.module.ts');
      const { app } = await start(AppModule, platform);
      const server = app.getHttpServer() as Server;
      expect(server.keepAliveTimeout).toBe(65_000);
      expect(server.headersTimeout).toBeGreaterThan(server.keepAliveTimeout);
    });

    it('the statuses of a refusal include the one for nginx', async () => {
      const app = await start(
        AllowedHostsModule.forRoot({ hosts: 'example.com', statusCode: 421 }),
        platform,
      );
      expect((await app.get('/', 'evil.example')).status).toBe(421);
    });
  });
});
