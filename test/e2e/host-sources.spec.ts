import 'reflect-metadata';
import { Controller, Get, Req } from '@nestjs/common';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';

let served: (string | undefined)[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello(@Req() request: { hostname?: string }) {
    served.push(request.hostname);
    return 'hello';
  }
}

const appModule = {
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({
      hosts: ['example.com', '*.example.org'],
      addresses: false,
    }),
  ],
  controllers: [AppController],
};

const http = (...lines: string[]) =>
  `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;

describe('the places of a request that name a host', () => {
  describe.each(platforms)('on $name', (platform) => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await start(appModule, platform);
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
    ])('allow %s', async (_, bytes) => {
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
        'a target that is not a path',
        http('GET *hello HTTP/1.1', 'Host: example.com'),
      ],
      [
        'userinfo',
        http('GET /hello HTTP/1.1', 'Host: example.com@evil.example'),
      ],
      [
        'a list',
        http('GET /hello HTTP/1.1', 'Host: example.com, evil.example'),
      ],
      ['latin1', http('GET /hello HTTP/1.1', 'Host: ex\xe4mple.com')],
      [
        '15 kB',
        http('GET /hello HTTP/1.1', `Host: ${'a.'.repeat(7500)}example.com`),
      ],
      ['a bad port', http('GET /hello HTTP/1.1', 'Host: example.com:x')],
    ])('refuse %s', async (_, bytes) => {
      expect((await app.raw(bytes)).status).toBe(400);
      expect(served).toEqual([]);
    });

    it('are found if middleware puts something else into `raw`', async () => {
      const keeping = await start(appModule, platform, (nest) => {
        nest.use((request: { raw?: unknown }, _: unknown, next: () => void) => {
          request.raw = Buffer.from('the raw body');
          next();
        });
      });
      const responses = await Promise.all(
        ['example.com', 'evil.example'].map((host) =>
          keeping.get('/hello', host),
        ),
      );
      expect(responses.map(({ status }) => status)).toEqual([200, 400]);
    });
  });
});
