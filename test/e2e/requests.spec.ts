import 'reflect-metadata';
import { Controller, Get, Req } from '@nestjs/common';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, type RunningApp, start, stopAll } from '../harness.js';

let served: (string | undefined)[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello(@Req() request: { hostname?: string }) {
    served.push(request.hostname);
    return 'hello';
  }
}

const appModule = (forwardedHost: 'trusted' | 'always' = 'trusted') => ({
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({
      hosts: ['example.com', '*.example.org'],
      addresses: false,
      forwardedHost,
    }),
  ],
  controllers: [AppController],
});

const http = (...lines: string[]) =>
  `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;

describe.each(platforms)('on $name', (platform) => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await start(appModule(), platform);
  });
  beforeEach(() => {
    served = [];
  });
  afterAll(stopAll);

  it.each([
    ['the listed host', http('GET /hello HTTP/1.1', 'Host: example.com')],
    [
      'its port, case and trailing dot',
      http('GET /hello HTTP/1.1', 'host: EXAMPLE.com.:8443'),
    ],
    [
      'a name below a listed one',
      http('GET /hello HTTP/1.1', 'Host: a.b.example.org'),
    ],
    [
      'an absolute target that agrees',
      http('GET http://example.com/hello HTTP/1.1', 'Host: example.com'),
    ],
    [
      'an absolute target with the default port',
      http('GET http://example.com:80/hello HTTP/1.1', 'Host: example.com'),
    ],
    ['HTTP/1.0 with Host', http('GET /hello HTTP/1.0', 'Host: example.com')],
    [
      'X-Forwarded-Host that the framework ignores',
      http(
        'GET /hello HTTP/1.1',
        'Host: example.com',
        'X-Forwarded-Host: evil.example',
      ),
    ],
  ])('serves %s', async (_, bytes) => {
    expect((await app.raw(bytes)).status).toBe(200);
    expect(served).toHaveLength(1);
  });

  it.each([
    [
      'two Host lines',
      http('GET /hello HTTP/1.1', 'Host: example.com', 'Host: evil.example'),
    ],
    [
      'two equal Host lines',
      http('GET /hello HTTP/1.1', 'Host: example.com', 'hOST: example.com'),
    ],
    [
      'two Host lines, the first empty',
      http('GET /hello HTTP/1.1', 'Host:', 'Host: example.com'),
    ],
    ['an empty Host', http('GET /hello HTTP/1.1', 'Host:')],
    ['HTTP/1.0 without Host', http('GET /hello HTTP/1.0')],
    ['HTTP/1.1 without Host', http('GET /hello HTTP/1.1')],
    [
      'an absolute target that differs',
      http('GET http://evil.example/hello HTTP/1.1', 'Host: example.com'),
    ],
    [
      'an absolute target that differs in its port',
      http('GET http://example.com:81/hello HTTP/1.1', 'Host: example.com'),
    ],
    [
      'an absolute target that differs, both listed',
      http('GET http://a.example.org/hello HTTP/1.1', 'Host: example.com'),
    ],
    [
      'an absolute target with userinfo',
      http(
        'GET http://example.com@evil.example/hello HTTP/1.1',
        'Host: example.com',
      ),
    ],
    [
      'an absolute target of HTTP/1.0 without Host',
      http('GET http://example.com/hello HTTP/1.0'),
    ],
    [
      'a target that is no path',
      http('GET *hello HTTP/1.1', 'Host: example.com'),
    ],
    ['userinfo', http('GET /hello HTTP/1.1', 'Host: example.com@evil.example')],
    ['a list', http('GET /hello HTTP/1.1', 'Host: example.com, evil.example')],
    ['latin1', http('GET /hello HTTP/1.1', 'Host: ex\xe4mple.com')],
    [
      '15 kB',
      http('GET /hello HTTP/1.1', `Host: ${'a.'.repeat(7500)}example.com`),
    ],
    ['a bad port', http('GET /hello HTTP/1.1', 'Host: example.com:x')],
  ])('refuses %s', async (_, bytes) => {
    expect((await app.raw(bytes)).status).toBe(400);
    expect(served).toEqual([]);
  });

  it('finds the request, whatever middleware calls `raw`', async () => {
    const keeping = await start(appModule(), platform, (nest) => {
      nest.use((request: { raw?: unknown }, _: unknown, next: () => void) => {
        request.raw = Buffer.from('the body as it came');
        next();
      });
    });
    const answers = await Promise.all(
      ['example.com', 'evil.example'].map((host) =>
        keeping.get('/hello', host),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
  });

  describe('with X-Forwarded-Host from a peer that the framework trusts', () => {
    let trusting: RunningApp;
    beforeAll(async () => {
      trusting = await start(appModule(), {
        adapter: () => platform.adapter('loopback'),
      });
    });

    it.each(['example.com', 'a.example.org, example.com'])(
      'serves %s',
      async (value) => {
        expect(
          (
            await trusting.get('/hello', 'example.com', [
              `X-Forwarded-Host: ${value}`,
            ])
          ).status,
        ).toBe(200);
      },
    );

    it.each([
      'evil.example',
      'evil.example, example.com',
      'example.com, evil.example',
      'example.com,',
      ' , example.com',
    ])('refuses %j', async (value) => {
      expect(
        (
          await trusting.get('/hello', 'example.com', [
            `X-Forwarded-Host: ${value}`,
          ])
        ).status,
      ).toBe(400);
      expect(served).toEqual([]);
    });

    it('refuses a foreign entry on a second line', async () => {
      const lines = [
        'X-Forwarded-Host: example.com',
        'X-Forwarded-Host: evil.example',
      ];
      expect((await trusting.get('/hello', 'example.com', lines)).status).toBe(
        400,
      );
    });

    it('still demands the Host itself', async () => {
      expect(
        (
          await trusting.get('/hello', 'evil.example', [
            'X-Forwarded-Host: example.com',
          ])
        ).status,
      ).toBe(400);
    });
  });

  describe("with forwardedHost: 'always'", () => {
    let always: RunningApp;
    beforeAll(async () => {
      always = await start(appModule('always'), platform);
    });

    it.each([
      ['X-Forwarded-Host: evil.example', 400],
      ['X-Forwarded-Host: example.com', 200],
      ['Forwarded: for=1.2.3.4;host=evil.example', 400],
      [
        'Forwarded: for=1.2.3.4;host="example.com:8443", for=_x;HOST=a.example.org',
        200,
      ],
      ['Forwarded: host=example.com, host="evil.example"', 400],
      ['Forwarded: host="example.com', 400],
      ['Forwarded: for=1.2.3.4', 200],
    ])('answers to %j with %d', async (line, status) => {
      expect((await always.get('/hello', 'example.com', [line])).status).toBe(
        status,
      );
    });
  });
});
