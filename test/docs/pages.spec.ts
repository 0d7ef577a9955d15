import 'reflect-metadata';
import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Type } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Logger } from 'nestjs-pino';
import { firstValueFrom, of, take, toArray, type Observable } from 'rxjs';
import { resolveLookupOptions } from '../../src/dynamic-hosts/lookup.options.js';
import { AllowedHostsModule, type SeenHost } from '../../src/index.js';
import { platforms, start, stopAll, type Platform } from '../support/app.js';
import { until } from '../support/until.js';
import { blocksOf, codeIn, tableUnder } from './markdown.js';
import {
  removeSnippets,
  snippet,
  typeErrors,
  writeSnippets,
} from './snippets.js';

const page = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const dynamic = page('dynamic-hosts.md');
const observability = page('observability.md');
const rollout = page('rollout.md');
const blocks = [dynamic, observability, rollout].flatMap(blocksOf);
const snippets = blocks.filter(({ language }) => language === 'ts');

const followed = (hosts: Observable<string>, platform: Platform) =>
  start(AllowedHostsModule.forRoot({ hosts, health: LISTED }), platform);
const LISTED = { hosts: 'listed' } as const;

/** One for each block of TypeScript. */
const checks: Readonly<Record<string, (platform: Platform) => Promise<void>>> =
  {
    'hosts-from-file.ts': async (platform) => {
      const { hostsFromFile } = await snippet<{
        hostsFromFile: (path: string) => Observable<string>;
      }>('hosts-from-file.ts');
      const directory = mkdtempSync(join(tmpdir(), 'hosts-'));
      const path = join(directory, 'hosts.txt');
      writeFileSync(path, 'one.example\ntwo.example\n');
      const app = await followed(hostsFromFile(path), platform);
      const status = async (host: string) =>
        (await app.get('/health', host)).status;
      expect(await status('two.example')).toBe(200);
      writeFileSync(path, 'three.example\n');
      await until(async () => (await status('three.example')) === 200);
      expect(await status('two.example')).toBe(400);
      writeFileSync(`${path}.new`, 'four.example\n');
      renameSync(`${path}.new`, path);
      await until(async () => (await status('four.example')) === 200);
      rmSync(path);
      const warnings = () =>
        app.log.of('warn').filter((line) => line.startsWith('The list'));
      await until(() => warnings().length > 0);
      expect(warnings()).toEqual([
        expect.stringMatching(
          /^The list of hosts stays as it was: .*ENOENT.* Subscribing again\.$/,
        ),
      ]);
      expect(await status('four.example')).toBe(200);
      await app.app.close();
      rmSync(directory, { recursive: true });
    },

    'hosts-from-config.ts': async (platform) => {
      process.env['ALLOWED_HOSTS'] = 'one.example';
      const app = await start(
        await moduleOf('hosts-from-config.ts', 'ConfiguredModule'),
        platform,
      );
      app.app.get(ConfigService).set('OTHER', 'x');
      app.app.get(ConfigService).set('ALLOWED_HOSTS', 'two.example');
      expect((await app.get('/health', 'two.example')).status).toBe(200);
      expect((await app.get('/health', 'one.example')).status).toBe(400);
      delete process.env['ALLOWED_HOSTS'];
    },

    'hosts-from-aws.ts': async (platform) => {
      const { polled, hostsFromSsm, hostsFromAppConfig } =
        await snippet<FromAws>('hosts-from-aws.ts');
      const results = ['one.example', 'one.example', 'two.example'];
      const polls = polled(async () => results.shift() ?? 'two.example', 5);
      expect(await firstValueFrom(polls.pipe(take(2), toArray()))).toEqual([
        'one.example',
        'two.example',
      ]);

      const names: string[] = [];
      const ssm = {
        getParameter: async ({ Name }: { Name: string }) => {
          names.push(Name);
          return { Parameter: { Value: 'one.example' } };
        },
      };
      const app = await followed(hostsFromSsm(ssm, '/shop/hosts'), platform);
      expect((await app.get('/health', 'one.example')).status).toBe(200);
      expect(names).toEqual(['/shop/hosts']);
      const none = hostsFromSsm({ getParameter: async () => ({}) }, '/none');
      await expect(firstValueFrom(none)).rejects.toThrow('/none has no value');

      const tokens: (string | undefined)[] = [];
      const client = {
        startConfigurationSession: async () => ({
          InitialConfigurationToken: 'first',
        }),
        getLatestConfiguration: async ({
          ConfigurationToken,
        }: {
          ConfigurationToken: string | undefined;
        }) => {
          tokens.push(ConfigurationToken);
          return {
            NextPollConfigurationToken: 'next',
            Configuration: { transformToString: () => 'two.example' },
          };
        },
      };
      const profile = {
        ApplicationIdentifier: 'shop',
        EnvironmentIdentifier: 'production',
        ConfigurationProfileIdentifier: 'hosts',
      };
      const other = await followed(
        hostsFromAppConfig(client, profile),
        platform,
      );
      expect((await other.get('/health', 'two.example')).status).toBe(200);
      expect(tokens).toEqual(['first']);
    },

    'tenants.module.ts': async (platform) => {
      const Tenants = await moduleOf<{
        add(hostname: string): void;
        remove(hostname: string): void;
      }>('tenants.module.ts', 'Tenants');
      const app = await start(
        await moduleOf('tenants.module.ts', 'TenantsModule'),
        platform,
      );
      const tenants = app.app.get(Tenants);
      const status = async () =>
        (await app.get('/health', 'shop.example')).status;
      expect(await status()).toBe(400);
      tenants.add('shop.example');
      expect(await status()).toBe(200);
      tenants.remove('shop.example');
      expect(await status()).toBe(400);
    },

    'pino.module.ts': async (platform) => {
      const { pinoModule } = await snippet<{
        pinoModule: (output: Writable) => object;
      }>('pino.module.ts');
      const app = await start(pinoModule(output), platform, (nest) =>
        nest.useLogger(nest.get(Logger)),
      );
      logged.length = 0;
      await app.get('/', 'shop.example', ['User-Agent: curl/8.5.0']);
      const [line = ''] = logged.filter((text) => text.includes('Refused'));
      const [example = ''] = /^Refused .*$/m.exec(observability) ?? [];
      expect(JSON.parse(line)).toMatchObject({
        msg: example,
        reason: 'unlisted',
        source: 'Host',
        host: 'shop.example',
        enforced: true,
      });
    },

    'metrics.module.ts': async (platform) => {
      const exporter = new InMemoryMetricExporter(
        AggregationTemporality.CUMULATIVE,
      );
      const reader = new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: 3_600_000,
      });
      metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
      const app = await start(
        await moduleOf('metrics.module.ts', 'MeasuredModule'),
        platform,
      );
      await app.get('/', 'shop.example');
      await reader.forceFlush();
      const [metric] = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap((scope) => scope.metrics);
      expect(metric?.descriptor.name).toBe('allowed_hosts.refusals');
      const labels = Object.keys(metric?.dataPoints[0]?.attributes ?? {});
      expect(
        tableUnder('OpenTelemetry', observability).map(
          ([label = '']) => codeIn(label)[0],
        ),
      ).toEqual(labels);
      await reader.shutdown();
      metrics.disable();
    },

    'alarm.ts': async (platform) => {
      const Alarm = await moduleOf<{ raised: string[] }>('alarm.ts', 'Alarm');
      const find = async () => {
        throw new Error('the database is gone');
      };
      const app = await start(
        {
          module: class AppModule {},
          imports: [
            AllowedHostsModule.forRoot({ hosts: 'a.b', lookup: { find } }),
          ],
          providers: [Alarm],
        },
        platform,
      );
      expect((await app.get('/', 'shop.example')).status).toBe(503);
      await app.get('/', 'not a host');
      expect(app.app.get(Alarm).raised).toEqual([
        'it could not be checked: lookup.find failed or took too long',
      ]);
    },

    'agent.ts': async (platform) => {
      const { counts } = await snippet<{ counts: Map<string, number> }>(
        'agent.ts',
      );
      counts.clear();
      const app = await start(
        AllowedHostsModule.forRoot({ hosts: 'example.com' }),
        platform,
      );
      await app.get('/', 'shop.example');
      expect([...counts]).toEqual([['unlisted', 1]]);
    },

    'report.module.ts': async (platform) => {
      const app = await start(
        await moduleOf('report.module.ts', 'ReportingModule'),
        platform,
      );
      for (const host of [
        'shop.example',
        'example.com',
        'Shop.example',
        '10.0.9.41',
      ])
        expect((await app.get('/', host)).status).toBe(404);
      const [, output = ''] = /^\$ curl .*\n([^`]*)$/m.exec(rollout) ?? [];
      const response = await app.get('/seen-hosts', 'admin.example.com');
      const seen = JSON.parse(response.body) as SeenHost[];
      expect(
        seen
          .map(({ host, verdict, count }) =>
            JSON.stringify([host, verdict, count]),
          )
          .join('\n'),
      ).toBe(output.trim());
      expect(Object.keys(seen[0] ?? {})).toEqual([
        'host',
        'verdict',
        'count',
        'first',
        'last',
      ]);
      expect(app.log.of('warn')[0]).toMatch(/^Would refuse Host/);
    },
  };

interface FromAws {
  polled(read: () => Promise<string>, everyMs?: number): Observable<string>;
  hostsFromSsm(ssm: object, name: string): Observable<string>;
  hostsFromAppConfig(client: object, profile: object): Observable<string>;
}

async function moduleOf<T = object>(
  file: string,
  name: string,
): Promise<Type<T>> {
  const found = (await snippet<Record<string, Type<T>>>(file))[name];
  if (found === undefined) throw new Error(`${file} exports no ${name}`);
  return found;
}

// nestjs-pino keeps its first logger for the process.
const logged: string[] = [];
const output = new Writable({
  write(chunk: Buffer, _encoding, done) {
    logged.push(...chunk.toString().split('\n').filter(Boolean));
    done();
  },
});

beforeAll(() => writeSnippets(snippets, {}));
afterEach(stopAll);
afterAll(removeSnippets);

describe('docs/dynamic-hosts.md, docs/observability.md and docs/rollout.md', () => {
  it('have no block without a check', () => {
    expect(snippets.map(({ name }) => name)).toEqual(Object.keys(checks));
  });

  it('have blocks that compile', () => {
    expect(typeErrors(Object.keys(checks))).toEqual([]);
  });

  describe.each(platforms)('on $name', (platform) => {
    it.each(Object.keys(checks))('%s does what it says', (name) =>
      checks[name]?.(platform),
    );

    it('health reports the facts in the table', async () => {
      const hosts = of('example.com');
      const app = await start(
        AllowedHostsModule.forRoot({ hosts, health: { details: true } }),
        platform,
      );
      const { info } = JSON.parse(
        (await app.get('/health', 'example.com')).body,
      );
      const { status, ...facts } = info.allowedHosts;
      expect(status).toBe('up');
      expect(
        new Set(
          tableUnder('Health', observability).map(
            ([fact = '']) => codeIn(fact)[0],
          ),
        ),
      ).toEqual(new Set(Object.keys(facts)));
    });
  });

  it('have every option of lookup with its default', () => {
    const { find, ...defaults } = resolveLookupOptions({ find: () => true });
    expect(find).toBeDefined();
    const rows = tableUnder('Names that are looked up', dynamic)
      .map(([option = '', value]) => [codeIn(option)[0], value] as const)
      .filter(([name]) => name !== undefined && name in defaults);
    expect(new Map(rows)).toEqual(
      new Map(
        Object.entries(defaults).map(([name, value]) => [name, String(value)]),
      ),
    );
  });
});
