import 'reflect-metadata';
import { join } from 'node:path';
import type { AllowedHostsOptions } from '../../src/index.js';
import { platforms, start, stopAll } from '../support/app.js';
import { hasNginx } from '../support/nginx.js';
import { sendRequest } from '../support/raw-client.js';
import { Nginx, stopNginx } from './nginx.js';
import { shop, withWebSockets } from './shop.js';

const root = join(import.meta.dirname, '../..');

afterEach(async () => {
  await stopNginx();
  await stopAll();
});

describe('deploy/nginx', () => {
  if (!hasNginx)
    it.skip('skips the tests with nginx, which is not installed', () =>
      undefined);
  const withNginx = hasNginx ? describe : describe.skip;

  withNginx.each(platforms)('in front of $name', (platform) => {
    const started = async (options: Partial<AllowedHostsOptions> = {}) => {
      const app = await start(shop(options), platform, withWebSockets);
      const nginx = await Nginx.start(
        [
          [join(import.meta.dirname, 'fixtures/nginx'), ''],
          [join(root, 'deploy/nginx'), 'conf.d'],
        ],
        app.port,
        ['127.0.0.1:3000'],
      );
      return { app, nginx };
    };

    it.each(['example.com', 'example.org', 'www.example.org'])(
      'passes %s',
      async (host) => {
        const { nginx } = await started();
        expect(await nginx.get('/', host)).toBe(200);
        expect(await nginx.get('/missing', host)).toBe(404);
        expect(await nginx.upgrade('/live', host)).toBe(101);
      },
    );

    it('refuses foreign hosts without the application', async () => {
      const { app, nginx } = await started();
      for (const host of ['evil.example', '10.0.3.17', 'localhost', undefined])
        expect(await nginx.get('/', host)).toBe(421);
      expect(await nginx.upgrade('/live', 'evil.example')).toBe(421);
      const { headers } = await sendRequest(
        nginx.connect,
        'GET /',
        'evil.example',
      );
      expect(headers['cache-control']).toBe('no-store');
      expect(app.log.of('warn')).toEqual([]);
    });

    it('passes health checks by address, by a name of ours and without a Host', async () => {
      const { nginx } = await started();
      const hosts = ['10.0.3.17', '10.0.9.41:80', '[fd00::9]', undefined];
      for (const host of [...hosts, 'example.com'])
        expect(await nginx.get('/health', host)).toBe(200);
      expect(await nginx.get('/health', 'rebind.evil.example')).toBe(400);
    });

    it('overwrites the X-Forwarded-Host of a client', async () => {
      const { nginx } = await started({ forwardedHost: 'always' });
      const { status } = await sendRequest(
        nginx.connect,
        'GET /',
        'example.com',
        ['X-Forwarded-Host: evil.example'],
      );
      expect(status).toBe(200);
    });
  });
});
