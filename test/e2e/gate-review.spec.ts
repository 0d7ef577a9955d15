import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AllowedHostsModule, AllowHosts } from '../../src/index.js';
import { start, stopAll } from '../harness.js';

afterAll(stopAll);

class AppModule {}

describe('the gate on fastify with HTTP/2', () => {
  // Node does not see that the stream of a HEAD request is closed.
  it.each([
    ['GET', '/page'],
    ['HEAD', '/page'],
    ['HEAD', '/nowhere'],
  ])(
    'survives a client that resets %s %s with "Expect: 100-continue" while its host is judged',
    async (method, path) => {
      let wasReset: (() => void) | undefined;
      const resets = new Promise<void>((resolve) => (wasReset = resolve));
      let isAsked: (() => void) | undefined;
      const asked = new Promise<void>((resolve) => (isAsked = resolve));
      const slow = async ({ hostname }: { hostname: string }) => {
        isAsked?.();
        await resets;
        return hostname !== 'evil.example';
      };
      @Controller()
      class SlowController {
        @AllowHosts(slow)
        @Get('page')
        page() {
          return 'page';
        }
      }
      const app = await start(
        {
          module: AppModule,
          imports: [
            AllowedHostsModule.forRoot({
              hosts: ['example.com', slow],
              addresses: false,
            }),
          ],
          controllers: [SlowController],
        },
        { adapter: () => new FastifyAdapter({ http2: true }) as never },
      );
      const client = connect(`http://127.0.0.1:${app.port}`);
      const stream = client.request(
        {
          ':method': method,
          ':path': path,
          ':authority': 'slow.example',
          expect: '100-continue',
        },
        { endStream: false },
      );
      stream.on('error', () => undefined);
      await asked;
      stream.close();
      await once(stream, 'close');
      // The answer to a ping comes after the server has read the reset.
      await new Promise((resolve) => client.ping(resolve));
      wasReset?.();
      const next = client.request({
        ':path': '/nowhere',
        ':authority': 'example.com',
      });
      const [headers] = (await once(next, 'response')) as [
        { ':status': number },
      ];
      expect(headers[':status']).toBe(404);
      client.destroy();
    },
  );
});
