import 'reflect-metadata';
import { Writable } from 'node:stream';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Logger, LoggerModule } from 'nestjs-pino';
import { AllowedHosts } from '../../src/index.js';
import { AllowedHostsMetrics } from '../../src/opentelemetry/index.js';
import {
  closeLater,
  platforms,
  RunningApp,
  start,
  stopAll,
} from '../support/app.js';
import { deferred } from '../support/deferred.js';
import { helloApp } from '../support/hello.js';
import { LogLines } from '../support/log-lines.js';

class Lines extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.text += chunk.toString();
    done();
  }
}

// nestjs-pino keeps its first logger for the process.
const lines = new Lines();

describe('observability', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    it('counts refusals with OpenTelemetry, with labels that no client can multiply', async () => {
      const exporter = new InMemoryMetricExporter(
        AggregationTemporality.CUMULATIVE,
      );
      const reader = new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: 3_600_000,
      });
      metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
      const draining = deferred();
      class Draining {
        beforeApplicationShutdown = () => draining.promise;
      }
      const app = await start(
        helloApp({}, { providers: [AllowedHostsMetrics, Draining] }),
        platform,
      );
      for (let i = 0; i < 5; i++)
        await app.get('/hello', `random-${i}.example`);
      const closing = app.app.close();
      await app.get('/hello', 'a@b'); // counted, too, while the application drains
      draining.resolve();
      await closing;
      await reader.forceFlush();
      const points = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap((scope) => scope.metrics),
        );
      expect(points.map(({ descriptor }) => descriptor.name)).toEqual([
        'allowed_hosts.refusals',
      ]);
      expect(
        points[0]?.dataPoints.map(({ value, attributes }) => ({
          value,
          attributes,
        })),
      ).toEqual([
        {
          value: 5,
          attributes: { reason: 'unlisted', source: 'Host', enforced: true },
        },
        {
          value: 1,
          attributes: { reason: 'malformed', source: 'Host', enforced: true },
        },
      ]);
      await reader.shutdown();
      metrics.disable();
    });

    it('logs fields with nestjs-pino', async () => {
      lines.text = '';
      const module = helloApp(
        {},
        {
          imports: [
            LoggerModule.forRoot({ pinoHttp: [{ autoLogging: false }, lines] }),
          ],
        },
      );
      const app = await start(module, platform, (nest) =>
        nest.useLogger(nest.get(Logger)),
      );
      await app.get('/hello', 'shop.example');
      const logged = lines.text
        .split('\n')
        .filter((line) => line.includes('Refused'))
        .map((line) => JSON.parse(line) as object);
      expect(logged).toEqual([
        expect.objectContaining({
          level: 40,
          context: 'AllowedHosts',
          msg: 'Refused Host "shop.example" on GET /hello from 127.0.0.1: it is not in the list. If it is yours, add "shop.example" to hosts; if not, there is nothing to do.',
          reason: 'unlisted',
          source: 'Host',
          host: 'shop.example',
          enforced: true,
        }),
      ]);
    });

    it("logs one plain line with Nest's own logger", async () => {
      const printed: string[] = [];
      class Captured extends ConsoleLogger {
        protected override printMessages(
          messages: unknown[],
          context = '',
          level: 'log' = 'log',
        ) {
          for (const message of messages)
            printed.push(this.stringifyMessage(message, level) + context);
        }
      }
      const nest = closeLater(
        await NestFactory.create(helloApp() as never, platform.adapter(), {
          logger: new Captured({ colors: false }),
          abortOnError: false,
        }),
      );
      await nest.listen(0, '127.0.0.1');
      await new RunningApp(nest, new LogLines()).get('/hello', 'shop.example');
      expect(printed).toContain(
        'Refused Host "shop.example" on GET /hello from 127.0.0.1: it is not in the list. If it is yours, add "shop.example" to hosts; if not, there is nothing to do.AllowedHosts',
      );
    });

    describe('AllowedHosts.seen', () => {
      it('has the hosts that report mode met, each request once', async () => {
        const app = await start(helloApp({ mode: 'report' }), platform);
        for (const host of [
          'example.com',
          'shop.example',
          'Shop.example:8080',
          'a@b',
          'shop.example',
        ])
          await app.get('/hello', host);
        await app.get('/ready', '10.0.0.1');
        const seen = app.app.get(AllowedHosts).seen;
        expect(
          seen.map(({ host, verdict, count }) => [host, verdict, count]),
        ).toEqual([
          ['shop.example', 'refused', 3],
          ['example.com', 'allowed', 1],
          ['a@b', 'refused', 1],
          ['10.0.0.1', 'allowed', 1],
        ]);
        expect(seen[0]?.last.getTime()).toBeGreaterThanOrEqual(
          seen[0]?.first.getTime() ?? Infinity,
        );
      });

      it('has the host that a request would be refused for, in any header and by any rule', async () => {
        const app = await start(helloApp({ mode: 'report' }), {
          adapter: () => platform.adapter('loopback'),
        });
        await app.get('/hello', 'example.com', [
          'X-Forwarded-Host: shop.example',
        ]);
        await app.get('/admin', 'example.com');
        await app.get('/hello', 'example.com');
        const seen = app.app.get(AllowedHosts).seen;
        expect(
          seen.map(({ host, verdict, count }) => [host, verdict, count]),
        ).toEqual([
          ['shop.example', 'refused', 1],
          ['example.com', 'refused', 1],
          ['example.com', 'allowed', 1],
        ]);
      });

      it('is empty in enforce mode', async () => {
        const app = await start(helloApp(), platform);
        await app.get('/hello', 'shop.example');
        expect(app.app.get(AllowedHosts).seen).toEqual([]);
      });

      it('is bounded, and a flood of names does not evict the frequent ones', async () => {
        const { SeenHosts } = await import('../../src/refusals/seen-hosts.js');
        const seen = new SeenHosts();
        const busy = Array.from({ length: 200 }, (_, i) => `busy-${i}.example`);
        const add = (host: string) =>
          seen.countRefused({ headers: { host }, rawHeaders: [] }, host);
        for (let i = 0; i < 10; i++) busy.forEach(add);
        for (let i = 0; i < 5000; i++) add(`random-${i}.example`);
        expect(seen.all).toHaveLength(1000);
        expect(seen.all.slice(0, 200).map(({ host }) => host)).toEqual(busy);
      });
    });
  });
});
