import 'reflect-metadata';
import { platforms, start, stopAll } from '../support/app.js';
import { endAll } from '../support/commands.js';
import { helloApp, HelloPage } from '../support/hello.js';
import { hasNginx } from '../support/nginx.js';
import { checkJson, runCli } from './capture.js';
import { closeServers, django, httpServer, nginx, python } from './servers.js';

const checked = (port: number, ...more: readonly string[]) =>
  checkJson(`http://127.0.0.1:${port}/`, '--host', 'example.com', ...more);

/** The directive of a remedy, as the report prints it. */
async function remedy(port: number, start: string): Promise<string> {
  const { report } = await checked(port);
  const lines = report.findings.flatMap(({ change }) => change);
  const line = lines.find((text) => text.startsWith(start)) ?? '';
  return line.slice(start.length);
}

const withNginx = hasNginx ? describe : describe.skip;
const withDjango = python === undefined ? describe.skip : describe;

if (!hasNginx)
  it.skip('skips the tests with nginx, which is not installed', () =>
    undefined);
if (python === undefined)
  it.skip('skips the tests with Django, which is not installed', () =>
    undefined);

afterEach(async () => {
  closeServers();
  await stopAll();
  await endAll();
});

describe('a check of a proxy and of Django', () => {
  withNginx.each(platforms)('nginx before $name', (platform) => {
    const guarded = () =>
      start(helloApp({}, { controllers: [HelloPage] }), platform);

    it('is right if it passes Host on', async () => {
      const port = await nginx((await guarded()).port, [
        'proxy_set_header Host $host;',
      ]);
      const { code, problems, notes } = await checked(port);
      expect({ code, problems, notes }).toEqual({
        code: 0,
        problems: [],
        notes: ['keep-alive-unknown'],
      });
    });

    it('is wrong if it does not, and the remedy corrects it', async () => {
      const app = await guarded();
      const port = await nginx(app.port, []);
      const { problems, report } = await checked(port);
      expect(problems).toEqual(['own-host-refused', 'health-foreign']);
      expect(report.findings[0]?.what).toMatch(
        /as a foreign host does\. .* the proxy is the more probable cause/,
      );
      const text = await remedy(port, 'nginx: ');
      const [directive = ''] =
        /^proxy_set_header Host \$host;/.exec(text) ?? [];
      const corrected = await nginx(app.port, [directive]);
      expect((await checked(corrected)).problems).toEqual([]);
    });
  });

  withNginx('nginx before a server that checks nothing', () => {
    it('shows that nobody checks, and what to do to find out who should', async () => {
      const inner = await httpServer((_request, response) =>
        response.setHeader('Cache-Control', 'no-store').end('Hello World'),
      );
      const { problems, report } = await checked(await nginx(inner, []));
      expect(problems).toEqual(['host-not-checked']);
      expect(report.findings[0]?.change[0]).toContain('--connect');
      // nginx itself refuses two Host lines.
      const two = report.requests.filter(({ who }) => who.includes('two Host'));
      expect(two.map(({ status }) => status)).toEqual([400, 400]);
    });
  });

  withDjango('Django with ALLOWED_HOSTS', () => {
    it('refuses foreign hosts, and the health check as well', async () => {
      const { problems, notes, statuses } = await checked(
        await django(['example.com']),
      );
      expect(problems).toEqual(['health-refused', 'health-cacheable']);
      expect(notes).toEqual(['keep-alive-unknown']);
      expect(statuses('ALB')).toEqual([400, 400]);
      expect(statuses('attacker, foreign')).toEqual([400]);
    });

    it('reveals hosts with DEBUG', async () => {
      const port = await django(['example.com'], { debug: true });
      const { stdout } = await runCli([
        'check',
        `http://127.0.0.1:${port}/`,
        '--host',
        'example.com',
      ]);
      expect(stdout).toContain('A refusal repeats the host of the request');
    });

    (hasNginx ? it : it.skip)(
      'passes health checks behind nginx with the remedy',
      async () => {
        const inner = await django(['example.com']);
        const text = await remedy(
          inner,
          'nginx in front of another application: ',
        );
        expect(text).toMatch(/^location = \/health \{ proxy_pass \.\.\.;/);
        const location = text.replace('...', `http://127.0.0.1:${inner}`);
        const port = await nginx(
          inner,
          ['proxy_set_header Host $host;'],
          [location],
        );
        const { problems, statuses } = await checked(port);
        expect(new Set(statuses('ALB'))).toEqual(new Set([200]));
        expect(problems).not.toContain('health-refused');
      },
    );
  });
});
