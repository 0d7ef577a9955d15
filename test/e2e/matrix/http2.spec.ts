import 'reflect-metadata';
import type { Http2Server, IncomingHttpHeaders } from 'node:http2';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { portOf } from '../../support/app.js';
import { RawConnection, tcp } from '../../support/raw-client.js';
import { sendHttp2Request } from './http2.js';
import { note, ran } from './ran.js';
import { create, onlyOurs } from './scene.js';

@Controller()
class AppController {
  @Get('hello')
  hello() {
    note('handler');
    return 'hello';
  }
}

describe('HTTP/2', () => {
  let app: INestApplication;
  beforeAll(async () => {
    app = await create(
      {
        module: class AppModule {},
        imports: [onlyOurs()],
        controllers: [AppController],
      },
      new FastifyAdapter({ http2: true }),
    );
    await app.listen(0, '127.0.0.1');
  });
  beforeEach(() => {
    ran.length = 0;
  });
  afterAll(() => app.close());

  it.each([
    [{ ':authority': 'example.com' }, 200],
    [{ host: 'example.com' }, 200],
    [{ ':authority': 'example.com', host: 'EXAMPLE.com.' }, 200],
    [{ ':authority': 'evil.example' }, 400],
    [{ host: 'evil.example' }, 400],
    [{ ':authority': 'example.com', host: 'evil.example' }, 400],
    [{ ':authority': 'evil.example', host: 'example.com' }, 400],
    [{ ':authority': 'example.com', host: 'example.com:81' }, 400],
    [{ ':authority': 'example.com:80', host: 'example.com' }, 200],
    [{ ':authority': 'example.com', host: 'example.com:80' }, 200],
    [{ ':authority': 'example.com:443', host: 'example.com' }, 400],
    [
      {
        ':scheme': 'https',
        ':authority': 'example.com:443',
        host: 'example.com',
      },
      200,
    ],
    [
      {
        ':scheme': 'https',
        ':authority': 'example.com:80',
        host: 'example.com',
      },
      400,
    ],
    [{ ':authority': 'example.com@evil.example' }, 0],
  ])('responds to %j with %d', async (hosts, status) => {
    const response = await sendHttp2Request(tcp(portOf(app)), {
      ':path': '/hello',
      ...hosts,
    });
    expect(ran).toHaveLength(status === 200 ? 1 : 0);
    // Node itself resets what HTTP/2 forbids.
    if (status !== 0) expect(response.status).toBe(status);
    else expect([0, 400]).toContain(response.status);
  });

  it('shows a listener for streams what the list allows, and not what a rule allows', async () => {
    const server = app.getHttpServer() as Http2Server;
    const seen: (string | undefined)[] = [];
    const listener = (_stream: unknown, headers: IncomingHttpHeaders) => {
      seen.push(headers[':authority']);
    };
    server.on('stream', listener);
    const get = (path: string, authority: string) =>
      sendHttp2Request(tcp(portOf(app)), {
        ':path': path,
        ':authority': authority,
      });
    expect((await get('/health', '10.0.0.1')).status).toBe(200);
    expect((await get('/hello', '10.0.0.1')).status).toBe(400);
    expect((await get('/health', 'example.com')).status).toBe(200);
    expect(seen).toEqual(['example.com']);
    server.off('stream', listener);
  });

  it('resets a stream without :authority and Host', async () => {
    const frame = (type: number, flags: number, stream: number, body: string) =>
      String.fromCharCode(0, 0, body.length, type, flags, 0, 0, 0, stream) +
      body;
    // GET, http, and the path as a literal: RFC 7541 appendix A.
    const headers = '\x82\x86\x04\x06/hello';
    const connection = new RawConnection(tcp(portOf(app))).send(
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' +
        frame(4, 0, 0, '') +
        frame(1, 5, 1, headers),
    );
    const reset = '\0\0\x04\x03\0\0\0\0\x01';
    await connection.until((text) => text.includes(reset));
    connection.destroy();
    expect(connection.received).toContain(reset);
    expect(ran).toEqual([]);
  });
});
