import 'reflect-metadata';
import { BehaviorSubject } from 'rxjs';
import { platforms, start, stopAll } from '../support/app.js';
import { helloApp } from '../support/hello.js';

describe('the verdict on a request', () => {
  describe.each(platforms)('on $name', (platform) => {
    afterEach(stopAll);

    it('stays as it is when the list changes while the request is handled', async () => {
      const hosts = new BehaviorSubject('example.com');
      const app = await start(helloApp({ hosts }), platform, (nest) => {
        nest.use((_request: unknown, _response: unknown, next: () => void) => {
          hosts.next('other.example');
          next();
        });
      });
      expect((await app.get('/hello', 'example.com')).status).toBe(200);
      expect((await app.get('/hello', 'example.com')).status).toBe(400);
    });

    it('calls lookup only if no pattern allows the name', async () => {
      const calls: string[] = [];
      const app = await start(
        helloApp({
          hosts: [
            /regexp\.example/,
            async ({ hostname }) => hostname === 'predicate.example',
          ],
          lookup: {
            find: (hostname) => {
              calls.push(hostname);
              return hostname === 'lookup.example';
            },
          },
        }),
        platform,
      );
      const statuses = [];
      for (const host of [
        'regexp.example',
        'predicate.example',
        'lookup.example',
        'other.example',
        '10.0.0.1',
      ])
        statuses.push((await app.get('/hello', host)).status);
      expect(statuses).toEqual([200, 200, 200, 400, 400]);
      expect(calls).toEqual(['lookup.example', 'other.example']);
    });
  });
});
