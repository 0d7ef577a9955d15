import 'reflect-metadata';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';
import { helloApp } from '../support/hello.js';

const own = (allowOn: 'everywhere' | 'probes') =>
  helloApp({
    addresses: {
      allowOn,
      sources: [
        { name: 'test', addresses: async () => ['10.0.3.17', 'fd00::17'] },
      ],
    },
  });

describe('the addresses of the machine', () => {
  describe.each(platforms)('on $name', (platform) => {
    let app: RunningApp;
    afterEach(stopAll);

    const statusesOf = async (...hosts: string[]) => {
      const statuses = [];
      for (const host of hosts)
        statuses.push((await app.get('/hello', host)).status);
      return statuses;
    };

    it('are allowed on each route, other addresses and names are not', async () => {
      app = await start(own('everywhere'), platform);
      expect(
        await statusesOf('10.0.3.17', '10.0.3.17:3000', '[FD00:0::17]'),
      ).toEqual([200, 200, 200]);
      expect(
        await statusesOf('10.0.3.18', '[fd00::18]', '10.0.3.17.example'),
      ).toEqual([400, 400, 400]);
    });

    it("are allowed on probe routes only, with allowOn: 'probes'", async () => {
      app = await start(own('probes'), platform);
      expect(await statusesOf('10.0.3.17', '[fd00::17]')).toEqual([400, 400]);
      expect((await app.get('/ready', '10.0.3.17')).status).toBe(200);
    });
  });
});
