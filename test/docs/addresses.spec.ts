import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { resolveAddressesOptions } from '../../src/addresses/addresses.options.js';
import { AllowedHostsModule, type AddressSource } from '../../src/index.js';
import type { FakeEc2Metadata } from '../../src/testing/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { blocksOf } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const page = readFileSync(
  join(import.meta.dirname, '../../docs/addresses.md'),
  'utf8',
);
const blocks = blocksOf(page).filter(({ language }) => language === 'ts');
const snippets = blocks.filter(({ name }) => name !== undefined);
const names = snippets.map(({ name = '' }) => name);

let environment: NodeJS.ProcessEnv;
let imds: FakeEc2Metadata;

// One fake for all tests: the client of the SDK keeps the first endpoint that it reads.
beforeAll(async () => {
  writeSnippets(snippets, {});
  environment = { ...process.env };
  const { startFakeEc2 } = await snippet<{
    startFakeEc2: () => Promise<FakeEc2Metadata>;
  }>('fake-ec2.ts');
  imds = await startFakeEc2();
});
afterEach(stopAll);
afterAll(async () => {
  await imds.stop();
  process.env = environment;
  removeSnippets();
});

const startPage = async (platform: Platform) =>
  start(
    (await snippet<{ AppModule: Type }>('app.module.ts')).AppModule,
    platform,
  );

describe('docs/addresses.md', () => {
  it('has blocks that compile', () => {
    expect(names).toEqual(['app.module.ts', 'sdk-source.ts', 'fake-ec2.ts']);
    expect(typeErrors(names)).toEqual([]);
  });

  it('has every option with its default', () => {
    const rows = new Map(
      [...page.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)].map(
        ([, name = '', value = '']) => [name, value],
      ),
    );
    const defaults = Object.entries(resolveAddressesOptions({}) || {});
    expect(defaults.length).toBeGreaterThan(0);
    for (const [name] of defaults)
      expect([name, rows.has(name)]).toEqual([name, true]);
    for (const [name, value] of defaults) {
      if (typeof value !== 'string' && typeof value !== 'number') continue;
      const written = (rows.get(name) ?? '')
        .replaceAll(/[`']/g, '')
        .replace(/(\d) (\d)/, '$1$2');
      expect([name, written]).toEqual([name, String(value)]);
    }
  });

  describe.each(platforms)('on $name', (platform) => {
    it('the addresses of the fake are allowed on probe routes only', async () => {
      const app = await startPage(platform);
      for (const host of ['10.0.3.17:3000', '[2600:1f14::17]']) {
        expect((await app.get('/health', host)).status).toBe(200);
        expect((await app.get('/', host)).status).toBe(400);
      }
    });

    it('the address that the SDK reads is allowed', async () => {
      const { sdkSource } = await snippet<{ sdkSource: AddressSource }>(
        'sdk-source.ts',
      );
      const app = await start(
        AllowedHostsModule.forRoot({
          hosts: 'example.com',
          addresses: { sources: [sdkSource] },
        }),
        platform,
      );
      // 404: the host is allowed, and there is no such route.
      expect((await app.get('/', '10.0.3.17')).status).toBe(404);
      expect((await app.get('/', '10.0.3.18')).status).toBe(400);
    });
  });
});
