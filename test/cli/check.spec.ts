import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { platforms, start, stopAll } from '../support/app.js';
import { helloApp, HelloPage } from '../support/hello.js';
import { checkJson, runCli } from './capture.js';
import { closeServers, httpServer } from './servers.js';

@Controller()
class PageController {
  @Get()
  page() {
    return 'Hello World!';
  }

  @Get('health')
  health() {
    return 'ok';
  }
}

@Module({ controllers: [PageController] })
class BareModule {}

const checked = (port: number, ...more: readonly string[]) =>
  checkJson(`http://127.0.0.1:${port}/`, '--host', 'example.com', ...more);

afterEach(async () => {
  closeServers();
  await stopAll();
});

describe('nestjs-allowed-hosts check', () => {
  describe.each(platforms)('on $name', (platform) => {
    const guarded = (options: Parameters<typeof helloApp>[0] = {}) =>
      start(
        helloApp(
          { keepAliveTimeoutMs: 65_000, ...options },
          { controllers: [HelloPage] },
        ),
        platform,
      );

    it('finds no problem in an application with this package', async () => {
      const { port } = await guarded();
      const { code, problems, notes, statuses } = await checked(port);
      expect({ code, problems, notes }).toEqual({
        code: 0,
        problems: [],
        notes: [],
      });
      const attackers = statuses('attacker');
      expect(attackers.length).toBeGreaterThan(10);
      // X-Forwarded-Host and Forwarded are ignored.
      expect(attackers.filter((status) => status !== 400)).toEqual([200, 200]);
      for (const who of ['ALB', 'NLB', 'classic ELB', 'kubelet', 'Route 53'])
        expect([who, new Set(statuses(who))]).toEqual([who, new Set([200])]);
    });

    it('reports that nobody checks hosts in a bare application', async () => {
      const { port } = await start(BareModule, platform);
      const { code, problems, report } = await checked(port);
      expect(code).toBe(1);
      expect(problems).toEqual(
        expect.arrayContaining(['health-cacheable', 'host-not-checked']),
      );
      // Fastify keeps connections for 72 s.
      expect(problems.includes('keep-alive-short')).toBe(
        platform.name === 'express',
      );
      const open = report.requests.filter(({ findings }) =>
        findings.includes('host-not-checked'),
      );
      expect(open.map(({ who }) => who)).toContain('attacker, DNS rebinding');
      const [finding] = report.findings.filter(
        ({ id }) => id === 'host-not-checked',
      );
      expect(finding?.change.join('\n')).toMatch(
        /proxy_set_header Host \$host;[^]*ProxyPreserveHost On[^]*header_up Host/,
      );
    });

    it('reports that a host of the user is refused', async () => {
      const { port } = await guarded();
      const { code, problems } = await checkJson(`http://127.0.0.1:${port}/`);
      expect(code).toBe(1);
      expect(problems).toEqual(['own-host-refused']);
      const second = await checked(port, '--host', 'shop.example');
      expect(second.problems).toEqual(['own-host-refused']);
      expect(
        second.report.requests
          .filter(({ findings }) => findings.length > 0)
          .map(({ host }) => host),
      ).toEqual(['shop.example']);
    });

    it('reports a health check that allows listed hosts only', async () => {
      const { port } = await guarded({ health: { hosts: 'listed' } });
      const { problems, report } = await checked(port);
      expect(problems).toEqual(['health-refused']);
      const refused = report.requests.filter(({ findings }) =>
        findings.includes('health-refused'),
      );
      expect(refused.map(({ who }) => who)).toEqual([
        'ALB',
        'ALB on port 80',
        'NLB',
        'classic ELB',
        'classic ELB with Host',
        'kubelet',
        'Route 53 by address',
      ]);
    });

    it('reports a health check that allows any host', async () => {
      const { port } = await guarded({ health: { hosts: 'any' } });
      expect((await checked(port)).problems).toEqual(['health-foreign']);
    });

    it('reports a pattern with a port', async () => {
      const { port } = await guarded({
        hosts: ['example.com:8443'],
      });
      const { problems } = await checkJson(
        `http://127.0.0.1:${port}/`,
        '--host',
        'example.com:8443',
      );
      expect(problems).toEqual(['port']);
    });

    it('reports a refusal that caches store by themselves', async () => {
      const { port } = await guarded({ statusCode: 404 });
      // The package forbids it with Cache-Control.
      expect((await checked(port)).problems).toEqual([]);
    });

    it('takes --health and the path of the URL', async () => {
      const { port } = await guarded({ health: { path: 'up' } });
      const missing = await checked(port);
      expect(missing.problems).toEqual(['health-missing']);
      const { problems, report } = await checkJson(
        `http://127.0.0.1:${port}/hello?x=1`,
        '--host',
        'example.com',
        '--health',
        '/up',
      );
      expect(problems).toEqual([]);
      expect(report.requests.map(({ request }) => request)).toEqual(
        expect.arrayContaining(['GET /hello?x=1', 'GET /up']),
      );
    });

    it('connects to --connect and names the host in the URL', async () => {
      const { port } = await guarded();
      const { problems, report } = await checkJson(
        'http://example.com/',
        '--connect',
        `127.0.0.1:${port}`,
      );
      expect(problems).toEqual([]);
      expect(report.connectedTo).toBe(`127.0.0.1:${port}`);
      expect(report.requests[0]?.host).toBe('example.com');
    });
  });

  it('reports the mistakes of a middleware written by hand', async () => {
    const port = await httpServer((request, response) => {
      const { host = '' } = request.headers;
      if (host.endsWith('example.com')) return void response.end('Hello');
      response.writeHead(404).end(`Unknown host ${host}`);
    });
    const { problems } = await checked(port);
    expect(problems).toEqual([
      'health-refused',
      'health-cacheable',
      'port',
      'look-alike',
      'two-hosts',
      'absolute-target',
      'userinfo',
      'refusal-tells-host',
      'refusal-cacheable',
      'keep-alive-short',
    ]);
  });

  it('sends as many requests as it says, and each over its own connection', async () => {
    let connections = 0;
    const port = await httpServer((request, response) => {
      request.socket.once('close', () => connections--);
      expect(++connections).toBe(1);
      response.end('Hello');
    });
    const { stdout, stderr } = await runCli([
      'check',
      `http://127.0.0.1:${port}/`,
      '--json',
    ]);
    const { requests } = JSON.parse(stdout) as { requests: unknown[] };
    expect(stderr).toBe(
      `Sending ${requests.length} requests to http://127.0.0.1:${port}, one after the other.\n`,
    );
    expect(requests.length).toBeGreaterThan(20);
  });
});
