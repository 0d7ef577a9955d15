import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { checkJson, runInRealTime } from './capture.js';
import { closeServers, httpServer } from './servers.js';

afterEach(closeServers);

type Respond = (
  request: IncomingMessage,
  response: ServerResponse,
) => void | Promise<void>;

/** Does nothing wrong for example.com, apart from what a test gives. */
async function findingsOf(
  {
    health,
    page,
    refusal,
  }: Partial<Record<'health' | 'page' | 'refusal', Respond>>,
  ...args: readonly string[]
) {
  const port = await httpServer((request, response) => {
    const { host = '' } = request.headers;
    const isHealth = request.url === '/health';
    const isForeign =
      request.headersDistinct['host']?.length === 2 ||
      request.url?.startsWith('http:') === true ||
      !(isHealth ? /^(|[\d.:]+|example\.com)$/ : /^example\.com(:\d+)?$/).test(
        host,
      );
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Keep-Alive', 'timeout=65');
    if (isForeign)
      return void (refusal ?? ((_, it) => it.writeHead(400).end('no')))(
        request,
        response,
      );
    if (isHealth)
      return void (health ?? ((_, it) => it.end('ok')))(request, response);
    return void (page ?? ((_, it) => it.end('Hello World')))(request, response);
  });
  return checkJson(
    `http://127.0.0.1:${port}/`,
    '--host',
    'example.com',
    ...args,
  );
}

describe('a check', () => {
  it('finds nothing wrong in a server that does everything right', async () => {
    const { code, problems, notes } = await findingsOf({});
    expect({ code, problems, notes }).toEqual({
      code: 0,
      problems: [],
      notes: [],
    });
  });

  const rows: readonly [
    id: string,
    about: string,
    server: Parameters<typeof findingsOf>[0],
    text: RegExp,
  ][] = [
    [
      'health-redirected',
      'a redirect of the health route',
      {
        health: (_, response) =>
          void response
            .writeHead(301, { Location: 'https://example.com/health' })
            .end(),
      },
      /301 Moved Permanently to https:\/\/example\.com\/health/,
    ],
    [
      'health-status',
      'another code than 200',
      { health: (_, response) => void response.writeHead(204).end() },
      /204 No Content/,
    ],
    [
      'health-down',
      'an application that is down',
      { health: (_, response) => void response.writeHead(503).end('down') },
      /503 Service Unavailable/,
    ],
    [
      'health-missing',
      'a missing route',
      { health: (_, response) => void response.writeHead(404).end() },
      /no health route/,
    ],
    [
      'health-cacheable',
      'a health route that may be stored',
      {
        health: (_, response) =>
          void response
            .setHeader('Cache-Control', 'public, max-age=60')
            .end('ok'),
      },
      /cache may store/,
    ],
    [
      'refusal-tells-host',
      'a refusal that reveals the list',
      {
        refusal: (_, response) =>
          void response
            .writeHead(400)
            .end('Allowed: example.com, admin.example.com'),
      },
      /names example\.com, an allowed host/,
    ],
    [
      'refusal-cacheable',
      'a refusal that may be stored',
      {
        refusal: (_, response) => {
          response.removeHeader('Cache-Control');
          response.writeHead(404).end('no');
        },
      },
      /404 Not Found/,
    ],
    [
      'refusal-5xx',
      'a refusal with 500',
      { refusal: (_, response) => void response.writeHead(500).end('oops') },
      /500 Internal Server Error/,
    ],
    [
      'refusal-silent',
      'a refusal without a response',
      { refusal: (_, response) => void response.destroy() },
      /gets 502/,
    ],
    [
      'keep-alive-short',
      'a connection that closes too soon',
      {
        page: (_, response) =>
          void response.setHeader('Keep-Alive', 'timeout=5').end('Hello World'),
      },
      /after 5 s/,
    ],
    [
      'http10',
      'a page that HTTP/1.0 does not get',
      {
        page: ({ httpVersion }, response) =>
          void response
            .writeHead(httpVersion === '1.0' ? 426 : 200)
            .end('Hello World'),
      },
      /426 Upgrade Required/,
    ],
    [
      'forwarded-host',
      'a header of a client in a response',
      {
        page: (request, response) =>
          void response.end(
            `<a href="https://${String(request.headers['x-forwarded-host'] ?? 'example.com')}/">Hello World, welcome here`,
          ),
      },
      /repeats it in the body/,
    ],
    [
      'upstream-name',
      'a redirect to an inner name',
      {
        page: (_, response) =>
          void response
            .writeHead(302, { Location: 'http://127.0.0.1:3000/login' })
            .end(),
      },
      /302 Found to http:\/\/127\.0\.0\.1:3000\/login/,
    ],
    [
      'own-host-failed',
      'a page that fails',
      { page: (_, response) => void response.writeHead(500).end('oops') },
      /cannot be compared/,
    ],
  ];

  it.each(rows)('%s: reports %s', async (id, _about, server, text) => {
    const { code, problems, report } = await findingsOf(server);
    expect({ code, problems }).toEqual({ code: 1, problems: [id] });
    expect(report.findings[0]?.what).toMatch(text);
    expect(report.findings[0]?.change.length).toBeGreaterThan(0);
  });

  it.each([
    ['a WebSocket upgrade', 'websocket', { upgrade: 'websocket' }],
    ['a preflight', 'preflight', { origin: 'https://evil.example' }],
  ] as const)(
    'reports %s that is served for a foreign host',
    async (_about, id, sign) => {
      const { problems } = await findingsOf({
        refusal: (request, response) => {
          const [[name, value] = ['', '']] = Object.entries(sign);
          const isOpen = request.headers[name] === value && request.url === '/';
          response
            .writeHead(isOpen ? 200 : 400)
            .end(isOpen ? 'Hello World' : 'no');
        },
      });
      expect(problems).toEqual([id]);
    },
  );

  it.each([
    ['look-alike', /^evilexample|^example\.com\.evil/],
    ['userinfo', /@/],
  ])('reports %s', async (id, served) => {
    const { problems } = await findingsOf({
      refusal: (request, response) => {
        const isOpen = served.test(request.headers.host ?? '');
        response
          .writeHead(isOpen ? 200 : 400)
          .end(isOpen ? 'Hello World' : 'no');
      },
    });
    expect(problems).toEqual([id]);
  });

  it('reports a health route that is slower than a kubelet waits', async () => {
    const port = await httpServer(async (request, response) => {
      const agent = request.headers['user-agent'] ?? '';
      if (agent.startsWith('kube-probe')) await setTimeout(1100);
      response.end('Hello');
    });
    const { code, stdout } = await runInRealTime([
      'check',
      `http://127.0.0.1:${port}/`,
    ]);
    expect(code).toBe(1);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /\/health responds later than these probers wait by default: .*kubelet \(\d+ ms, it waits 1000 ms\)/,
    );
  });

  it('accepts a redirect of foreign hosts to the host of the user', async () => {
    const { problems } = await findingsOf({
      refusal: (_, response) =>
        void response
          .writeHead(302, { Location: 'https://example.com/' })
          .end(),
    });
    expect(problems).toEqual([]);
  });

  it('accepts another site for foreign hosts', async () => {
    const { problems } = await findingsOf({
      refusal: (request, response) =>
        void response
          .writeHead(request.url === '/' ? 200 : 400)
          .end('This domain is for sale'),
    });
    expect(problems).toEqual([]);
  });

  it('sees the same site in a page that changes', async () => {
    let count = 0;
    const page: Respond = (request, response) =>
      void response.end(
        `Hello World, welcome to ${request.headers.host}: request ${count++}`,
      );
    const { problems } = await findingsOf({ page, refusal: page });
    expect(problems).toContain('host-not-checked');
  });

  it('says that it does not know how long a connection is kept', async () => {
    const { code, notes } = await findingsOf({
      page: (_, response) =>
        void response.setHeader('Keep-Alive', 'max=5').end('Hello World'),
    });
    expect({ code, notes }).toEqual({ code: 0, notes: ['keep-alive-unknown'] });
  });

  it('skips requests to a path that hangs', async () => {
    const { problems, statuses, report } = await findingsOf(
      { health: () => undefined },
      '--timeout',
      '500',
    );
    expect(problems).toEqual(['health-silent']);
    expect(statuses('kubelet')).toEqual([null]);
    const sent = report.requests.filter(
      ({ request, response }) =>
        request.startsWith('GET /health') && !response.startsWith('(not sent'),
    );
    // The one of the browser, then one more.
    expect(sent).toHaveLength(2);
  });
});
