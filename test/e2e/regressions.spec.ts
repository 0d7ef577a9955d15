// What `npm run fuzz` found, each in its smallest form.
import 'reflect-metadata';
import type { Server } from 'node:http';
import { runInNewContext } from 'node:vm';
import { Controller, Get, Req } from '@nestjs/common';
import { AllowedHostsModule } from '../../src/index.js';
import { forwardedHosts } from '../../src/hosts/forwarded.js';
import { platforms, type RunningApp, start, stopAll } from '../harness.js';

let read: (string | undefined)[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello(@Req() request: { hostname?: string }) {
    read.push(request.hostname);
    return 'hello';
  }
}

const appModule = {
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({ hosts: ['example.com'], addresses: false }),
  ],
  controllers: [AppController],
};

describe.each(platforms)('on $name', (platform) => {
  let trusting: RunningApp;
  beforeAll(async () => {
    trusting = await start(appModule, {
      adapter: () => platform.adapter('loopback'),
    });
  });
  beforeEach(() => {
    read = [];
  });
  afterAll(stopAll);

  it.each([
    '\xa0example.com',
    'example.com\xa0',
    'example.com,\xa0example.com',
  ])(
    'takes no more than blanks off an entry of X-Forwarded-Host: %j',
    async (value) => {
      const lines = [`X-Forwarded-Host: ${value}`];
      const answer = await trusting.get('/hello', 'example.com', lines);
      expect(answer.status).toBe(400);
      expect(read).toEqual([]);
    },
  );

  it('lets no CONNECT through by the rule of a route', async () => {
    const connected: unknown[] = [];
    const server = trusting.app.getHttpServer() as Server;
    server.on('connect', (request, socket) => {
      connected.push(request.headers.host);
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    const connect = (host: string) =>
      trusting.raw(`CONNECT /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect((await connect('10.0.0.1')).status).toBe(400);
    expect((await connect('example.com')).status).toBe(200);
    expect(connected).toEqual(['example.com']);
  });

  it('takes blanks and tabs off', async () => {
    const lines = ['X-Forwarded-Host: example.com \t,\t example.com'];
    const answer = await trusting.get('/hello', 'example.com', lines);
    expect(answer.status).toBe(200);
  });
});

it('reads a long Forwarded header in linear time', () => {
  // Quadratic time would be hours at this length, so the limit is generous and independent of the machine.
  const value = `;${' '.repeat(5_000_000)}@`;
  const hosts = runInNewContext(
    'forwardedHosts(value)',
    { forwardedHosts, value },
    { timeout: 60_000 },
  );
  expect(hosts).toEqual([]);
}, 90_000);
