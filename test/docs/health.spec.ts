import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { blocksOf, commandsOf } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const page = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const blocks = ['health.md', 'shutdown.md'].map(page).flatMap(blocksOf);
const snippets = blocks.filter(({ language }) => language === 'ts');
const PROBE = '10.0.9.41:443';

const moduleOf = async (file: string, name: string) => {
  const found = (await snippet<Record<string, Type>>(file))[name];
  if (found === undefined) throw new Error(`${file} exports no ${name}`);
  return found;
};

/** One for each block of TypeScript. */
const checks: Readonly<Record<string, (platform: Platform) => Promise<void>>> =
  {
    'health.module.ts': async (platform) => {
      const app = await start(
        await moduleOf('health.module.ts', 'HealthModule'),
        platform,
      );
      const commands = blocks
        .filter(({ language }) => language === 'console')
        .flatMap(commandsOf);
      expect(commands).toHaveLength(2);
      for (const { command, output } of commands) {
        const [, host, path = ''] =
          /^curl -H 'Host: (.+)' localhost:3000(\/\S*)$/.exec(command) ?? [];
        expect((await app.get(path, host)).body).toBe(output);
      }
      const database: { ping: () => Promise<unknown> } = app.app.get(
        await moduleOf('health.module.ts', 'Database'),
      );
      database.ping = async () => {
        throw new Error('connect ECONNREFUSED');
      };
      expect((await app.get('/health', PROBE)).status).toBe(503);
      expect((await app.get('/livez', PROBE)).status).toBe(200);
      expect(app.log.of('error')).toEqual([
        'Health is down: DatabaseIndicator (connect ECONNREFUSED).',
      ]);
    },

    'guarded.module.ts': async (platform) => {
      const app = await start(
        await moduleOf('guarded.module.ts', 'GuardedModule'),
        platform,
      );
      expect((await app.get('/health', PROBE)).status).toBe(403);
      const token = ['X-Probe-Token: secret'];
      expect((await app.get('/health', PROBE, token)).status).toBe(200);
    },

    'ready.module.ts': async (platform) => {
      const app = await start(
        await moduleOf('ready.module.ts', 'ReadyModule'),
        platform,
        (nest) => void nest.enableShutdownHooks(),
      );
      expect((await app.get('/readyz', PROBE)).status).toBe(200);
      expect((await app.get('/health', 'example.com')).status).toBe(404);
    },

    'app.module.ts': async (platform) => {
      const app = await start(
        await moduleOf('app.module.ts', 'AppModule'),
        platform,
        (nest) => void nest.enableShutdownHooks(),
      );
      expect((await app.get('/health', PROBE)).status).toBe(200);
      expect(app.app.getHttpServer().keepAliveTimeout).toBe(65_000);
      expect(app.log.of('warn')).toEqual([]);
    },
  };

describe('docs/health.md and docs/shutdown.md', () => {
  beforeAll(() => writeSnippets(snippets, {}));
  afterEach(stopAll);
  afterAll(removeSnippets);

  it('there is a check for each block', () => {
    expect(snippets.map(({ name }) => name)).toEqual(Object.keys(checks));
  });

  it('the blocks compile', () => {
    expect(typeErrors(Object.keys(checks))).toEqual([]);
  });

  describe.each(platforms)('on $name', (platform) => {
    it.each(Object.keys(checks))('%s does what it says', (name) =>
      checks[name]?.(platform),
    );
  });
});
