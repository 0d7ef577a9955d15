import 'reflect-metadata';
import { Controller, Get, Req, type INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { portOf } from '../../support/app.js';
import { RawConnection, tcp, type Connect } from '../../support/raw-client.js';
import { create, onlyOurs } from './scene.js';

interface Seen {
  readonly hostname?: string;
  readonly host?: string;
  readonly url: string;
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

let seen: (string | undefined)[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello(@Req() request: Seen) {
    seen.push(
      request.hostname,
      request.host,
      request.headers['host'],
      request.headers[':authority'],
      ...[request.url, request.originalUrl].map(
        (url) => /^\w+:\/\/([^/]*)/.exec(url ?? '')?.[1],
      ),
    );
    return 'hello';
  }
}

const ALLOWED = /^example\.com\.?(:\d{1,5})?$/i;

const host = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'example.com',
      'EXAMPLE.com.',
      'example.com:8443',
    ),
  },
  fc.constantFrom(
    '',
    'evil.example',
    'example.com@evil.example',
    '127.0.0.1',
    '[::1]',
    'example.com, evil.example',
    'example.com:',
    'example.com:99999',
    'evil.example#example.com',
    'ex\xe4mple.com',
    'example.com/',
    ' , example.com',
    'a.'.repeat(3000),
  ),
  fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, '')),
);

const request = fc.record({
  version: fc.constantFrom('1.0', '1.1', '1.1', '1.1'),
  hosts: fc.array(
    fc.record({ name: fc.constantFrom('Host', 'host', 'hOST'), value: host }),
    { minLength: 0, maxLength: 2 },
  ),
  target: fc.oneof(
    { weight: 3, arbitrary: fc.constant('/hello') },
    host.map((name) => `http://${name.replace(/\s/g, '')}/hello`),
    host.map((name) => `//${name.replace(/\s/g, '')}/hello`),
  ),
  forwarded: fc.array(
    fc.record({
      name: fc.constantFrom(
        'X-Forwarded-Host',
        'Forwarded',
        'x-forwarded-host',
      ),
      value: fc.oneof(
        host,
        fc.tuple(host, host).map((pair) => pair.join(', ')),
      ),
    }),
    { maxLength: 2 },
  ),
});

const trusts: [string, unknown][] = [
  ['off', false],
  ['on', true],
  ['by address', 'loopback'],
  ['by hop count', 1],
];

describe('a handler that runs', () => {
  describe.each(trusts)('with proxies trusted: %s', (_, trust) => {
    describe.each([
      [
        'express',
        () => {
          const adapter = new ExpressAdapter();
          adapter.set('trust proxy', trust);
          return adapter;
        },
      ],
      ['fastify', () => new FastifyAdapter({ trustProxy: trust as boolean })],
    ] as const)('on %s', (_name, adapter) => {
      let app: INestApplication;
      let connect: Connect;
      let served = 0;
      beforeAll(async () => {
        app = await create(
          {
            module: class AppModule {},
            imports: [onlyOurs()],
            controllers: [AppController],
          },
          adapter(),
        );
        await app.listen(0, '127.0.0.1');
        connect = tcp(portOf(app));
      });
      afterAll(() => app.close());

      it('reads only allowed hosts, wherever it reads them', async () => {
        await fc.assert(
          fc.asyncProperty(
            request,
            async ({ version, hosts, target, forwarded }) => {
              seen = [];
              const connection = new RawConnection(connect).send(
                `GET ${target} HTTP/${version}`,
                ...[...hosts, ...forwarded].map(
                  ({ name, value }) => `${name}: ${value}`,
                ),
                'Connection: close',
                '',
                '',
              );
              const { status } = (await connection.closed()).last;
              expect(status).not.toBe(500);
              for (const name of seen)
                if (name !== undefined) expect(name).toMatch(ALLOWED);
              if (status === 200) served++;
            },
          ),
          { numRuns: 400 },
        );
        expect(served).toBeGreaterThan(0);
      });
    });
  });
});
