import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { networkInterfaces } from 'node:os';
import { healthProbes } from '../../src/cli/check/health.probes.js';
import { certificate } from '../e2e/matrix/certificate.js';
import { checkJson } from './capture.js';
import { closeServers, listen } from './servers.js';

afterEach(closeServers);

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === '::1');

if (!hasIPv6)
  it.skip('skips the tests with IPv6, which this machine does not have', () =>
    undefined);

const ipv6 = hasIPv6 ? it : it.skip;

describe('a check over other protocols', () => {
  /** Speaks HTTP/2 and HTTP/1.1 over TLS, and allows these hosts. */
  const secure = (allows: (host: string, isHttp2: boolean) => boolean) =>
    listen(
      createSecureServer(
        { ...certificate(), allowHTTP1: true },
        (request, response) => {
          const isHttp2 = request.httpVersion === '2.0';
          const host =
            request.headers[':authority'] ?? request.headers.host ?? '';
          response.setHeader('Cache-Control', 'no-store');
          response.statusCode = allows(host, isHttp2) ? 200 : 400;
          response.end(response.statusCode === 200 ? 'Hello' : 'no');
        },
      ),
    );

  const checked = (port: number) =>
    checkJson(
      `https://127.0.0.1:${port}/`,
      '--insecure',
      '--host',
      'example.com',
    );

  it('sends HTTP/2 to a server that speaks it', async () => {
    const port = await secure((host) => host !== 'evil.example');
    const { report } = await checked(port);
    expect(report.requests.slice(-2)).toMatchObject([
      {
        who: 'browser, HTTP/2',
        request: 'GET / HTTP/2',
        status: 200,
        findings: [],
      },
      {
        who: 'attacker, HTTP/2',
        request: 'GET / HTTP/2',
        status: 400,
        findings: [],
      },
    ]);
  });

  it('reports a foreign host that is served over HTTP/2 only', async () => {
    const port = await secure(
      (host, isHttp2) => isHttp2 || host !== 'evil.example',
    );
    expect((await checked(port)).problems).toContain('http2');
  });

  /** Gives 400 to these hosts. */
  const onIPv6 = (refuses: RegExp) =>
    listen(
      createServer((request, response) => {
        response.statusCode = refuses.test(request.headers.host ?? '')
          ? 400
          : 200;
        response.end('Hello');
      }),
      '::1',
    );

  ipv6('sends an address in brackets to a server on IPv6', async () => {
    const port = await onIPv6(/evil/);
    const { report, problems } = await checkJson(`http://[::1]:${port}/`);
    expect(report.connectedTo).toBe(`[::1]:${port}`);
    expect(report.requests).toContainEqual(
      expect.objectContaining({
        who: 'ALB over IPv6',
        host: `[::1]:${port}`,
        status: 200,
      }),
    );
    expect(problems).not.toContain('ipv6');
  });

  ipv6('reports that an address in brackets is refused', async () => {
    const port = await onIPv6(/evil|\[/);
    const { problems } = await checkJson(
      `http://[::1]:${port}/`,
      '--host',
      'example.com',
    );
    expect(problems).toContain('ipv6');
  });

  it.each([
    ['10.1.2.3', '10.1.2.3:3000'],
    ['::ffff:10.1.2.3', '10.0.3.17:3000'],
    ['fd00::7', '[fd00::7]:3000'],
    ['127.0.0.1', '10.0.3.17:3000'],
    ['93.184.216.34', '10.0.3.17:3000'],
    [undefined, '10.0.3.17:3000'],
  ])('connected to %s, names %s as an ALB does', (peer, host) => {
    const [alb] = healthProbes({
      path: '/',
      healthPath: '/health',
      port: 3000,
      hosts: ['example.com'],
      own: 'example.com',
      ownName: 'example.com',
      isName: true,
      otherPort: 'example.com:3000',
      peer,
      ipv6: undefined,
      https: false,
    });
    expect(alb?.request.hosts).toEqual([host]);
  });
});
