import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { platforms, start, stopAll } from '../support/app.js';
import { hasNginx } from '../support/nginx.js';
import { sendRequest } from '../support/raw-client.js';
import { until } from '../support/until.js';
import { Nginx, stopNginx } from './nginx.js';
import { shop, withWebSockets } from './shop.js';

const files = join(import.meta.dirname, '../../deploy/elastic-beanstalk');
const layouts = join(import.meta.dirname, 'fixtures/elastic-beanstalk');

const page = readFileSync(
  join(import.meta.dirname, '../../docs/elastic-beanstalk.md'),
  'utf8',
).replaceAll(/\s+/g, ' ');

/** Where the two platforms of Elastic Beanstalk pass requests to. */
const APPLICATION = ['127.0.0.1:8080', '172.17.0.2:3000'];
const VARIANTS = ['names-in-application', 'names-in-nginx'];
const PLATFORMS = ['nodejs', 'docker'];

/** What a balancer sends as its Host; none in HTTP/1.0 for a classic one. */
const PROBERS = {
  ALB: '10.0.3.17',
  'ALB that reports a port': '10.0.3.17:80',
  NLB: '10.0.9.41:80',
  'classic ELB': '10.0.3.17',
  'classic ELB without a Host': undefined,
} as const;

interface Sent {
  readonly line: string;
  readonly host: string | undefined;
  readonly headers?: readonly string[];
}

/** 200 requests: names and addresses that are not ours, on paths that scanners request. */
const scanner: readonly Sent[] = Array.from({ length: 200 }, (_, i) => {
  const paths = ['/', '/.env', '/wp-login.php', '/admin', '/bad', '/live'];
  const hosts = [
    `host-${i}.evil.example`,
    `203.0.113.${i % 256}`,
    'localhost',
    `example.com.evil-${i}.example`,
    `[2001:db8::${i}]:443`,
  ];
  const method = ['GET', 'HEAD', 'POST', 'OPTIONS'][i % 4] ?? '';
  return {
    line: `${method} ${paths[i % paths.length]}`,
    host: hosts[i % hosts.length],
    headers: method === 'POST' ? ['Content-Length: 0'] : [],
  };
});
const probes: readonly Sent[] = Object.values(PROBERS).map((host) => ({
  line: 'GET /health',
  host,
}));
const visitors: readonly Sent[] = Array.from({ length: 33 }, (_, i) => ({
  line: 'GET /',
  host: i % 2 === 0 ? 'example.com' : 'www.example.org',
}));
/** nginx refuses HTTP/1.1 without a Host before it reads any file of ours. */
const withoutHost: readonly Sent[] = Array.from({ length: 5 }, (_, i) => ({
  line: `GET /${i}`,
  host: '',
}));
const all = [...scanner, ...probes, ...visitors, ...withoutHost];

async function send(nginx: Nginx, requests: readonly Sent[]) {
  const statuses = new Map<number, number>();
  for (const { line, host, headers = [] } of requests) {
    const { status } = await sendRequest(nginx.connect, line, host, headers);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  return Object.fromEntries(statuses);
}

/** Elastic Beanstalk's nginx with the files of the given variants over its own. */
async function beanstalk(
  platform: string,
  variants: readonly string[],
  appPort: number,
): Promise<Nginx> {
  const folders = [
    join(layouts, platform),
    ...variants.map((variant) => join(files, variant, '.platform/nginx')),
  ];
  return Nginx.start(
    folders.map((folder) => [folder, ''] as const),
    appPort,
    APPLICATION,
  );
}

const refused = (log: readonly string[]) =>
  log.filter((status) => status.startsWith('4'));

afterEach(async () => {
  await stopNginx();
  await stopAll();
});

describe('deploy/elastic-beanstalk', () => {
  if (!hasNginx)
    it.skip('skips the tests with nginx, which is not installed', () =>
      undefined);
  const withNginx = hasNginx ? describe : describe.skip;

  withNginx.each(platforms)('nginx in front of $name', (framework) => {
    const started = async (platform: string, variants: readonly string[]) => {
      const { port } = await start(
        shop({ statusCode: 421 }),
        framework,
        withWebSockets,
      );
      return beanstalk(platform, variants, port);
    };

    it('counts every refused request in the health log without our files', async () => {
      const nginx = await started('nodejs', []);
      await send(nginx, all);
      await until(() => nginx.healthLog().length === all.length);
      // One of the probes is that of a classic ELB without a Host.
      const before = scanner.length + withoutHost.length + 1;
      expect(refused(nginx.healthLog())).toHaveLength(before);
      expect(page).toContain(
        `Of ${all.length} requests, ${scanner.length} of them a scanner's and ${withoutHost.length} without any \`Host\`, ${before} were 4xx in that log without the files, and ${withoutHost.length} with them.`,
      );
    });

    describe.each(VARIANTS)('with %s', (variant) => {
      describe.each(PLATFORMS)('on the %s platform', (platform) => {
        it('counts only requests without any Host in the health log', async () => {
          expect(all).toHaveLength(243);
          const nginx = await started(platform, [variant]);
          expect(await send(nginx, all)).toEqual({
            200: probes.length + visitors.length,
            400: withoutHost.length,
            421: scanner.length,
          });
          await until(() => nginx.accessLog().length === all.length);
          // nginx writes its logs one after the other.
          await until(
            () => nginx.healthLog().length === all.length - scanner.length,
          );
          expect(refused(nginx.healthLog())).toEqual(
            withoutHost.map(() => '400'),
          );
        });

        it('passes the health check of each balancer', async () => {
          const nginx = await started(platform, [variant]);
          const statuses: Record<string, number> = {};
          for (const [prober, host] of Object.entries(PROBERS))
            statuses[prober] = await nginx.get('/health', host);
          expect(statuses).toEqual(
            Object.fromEntries(Object.keys(PROBERS).map((name) => [name, 200])),
          );
        });

        it('passes the statuses of the application and counts them', async () => {
          const nginx = await started(platform, [variant]);
          const get = (path: string) =>
            sendRequest(nginx.connect, `GET ${path}`, 'example.com');
          const bad = await get('/bad');
          expect(bad.status).toBe(400);
          expect(bad.body).toContain('a reason of the application');
          expect((await get('/missing')).status).toBe(404);
          expect((await get('/busy')).status).toBe(503);
          await until(() => nginx.healthLog().length === 3);
          expect(nginx.healthLog()).toEqual(['400', '404', '503']);
        });

        it('passes WebSockets, and refuses those of a foreign host', async () => {
          const nginx = await started(platform, [variant]);
          expect(await nginx.upgrade('/live', 'example.com')).toBe(101);
          expect(await nginx.upgrade('/live', 'evil.example')).toBe(421);
        });

        it('lets nobody store the refusal', async () => {
          const nginx = await started(platform, [variant]);
          const { headers, body } = await sendRequest(
            nginx.connect,
            'GET /',
            'evil.example',
          );
          expect(headers['cache-control']).toBe('no-store');
          expect(body).not.toContain('evil.example');
        });
      });
    });

    it('spares Node foreign requests where the names are in nginx', async () => {
      const app = await start(
        shop({ statusCode: 421 }),
        framework,
        withWebSockets,
      );
      const nginx = await beanstalk('nodejs', ['names-in-nginx'], app.port);
      await send(nginx, scanner);
      expect(app.log.of('warn')).toEqual([]);
      expect(await nginx.get('/health', 'evil.example')).toBe(421);
      expect(app.log.of('warn')).toHaveLength(1);
    });
  });
});
