import { builtApp } from '../support/built-app.js';
import { endAll } from '../support/commands.js';
import { allUp, checkWith, Haproxy, hasHaproxy, http2Of } from './haproxy.js';
import { Instance } from './instance.js';
import { testKeepAlive } from './keep-alive.js';
import { RollingRestart } from './rolling-restart.js';

const PLATFORMS = ['express', 'fastify', 'fastify over h2c'] as const;
/** What each prober sends as its Host; none in HTTP/1.0 for a classic ELB. */
const PROBERS: Readonly<Record<string, string | undefined>> = {
  alb: '10.0.3.17:3000',
  nlb_ipv4: '10.200.1.9:80',
  nlb_ipv6: '[fd00:10::9]:80',
  kubelet: '192.168.77.8:3000',
  route53: 'example.com',
  foreign: 'rebind.evil.example',
};

const hello = hasHaproxy ? describe : describe.skip;
if (!hasHaproxy)
  it.skip('skips the tests with HAProxy, which is not installed', () =>
    undefined);

hello('behind HAProxy', () => {
  const app = builtApp(['test/balancers/app.ts']);
  afterEach(endAll);

  it.each(PLATFORMS)(
    'probers see %s UP, and a foreign host DOWN',
    async (platform) => {
      const { port } = await Instance.start(app, { platform, graceMs: 0 });
      const server = `server s1 127.0.0.1:${port} check inter 100 fall 2 rise 2${http2Of(platform)}`;
      const backends = Object.entries(PROBERS).map(
        ([name, host]) =>
          [name, ['option httpchk', checkWith(String(host)), server]] as const,
      );
      const classic = ['option httpchk GET /health HTTP/1.0', server];
      const overHttp1 = http2Of(platform) === '';
      const haproxy = await Haproxy.start({
        ...Object.fromEntries(backends),
        ...(overHttp1 && { classic_elb: classic }),
      });
      const states = await haproxy.until(
        (now) =>
          now.get('foreign/s1') === 'DOWN' &&
          [...now].every(([name, state]) =>
            name === 'foreign/s1' ? true : state === 'UP',
          ),
      );
      expect(states.size).toBe(overHttp1 ? 7 : 6);
    },
  );

  it.each(PLATFORMS)(
    'a rolling restart of three instances on %s loses no request',
    async (platform) => {
      const restart = await RollingRestart.prepare(app, {
        platform,
        graceMs: 2_000,
      });
      const { load } = restart;
      const ends = await restart.run();
      await load.stop();
      console.log(`${platform}: ${load.summary}`);
      const bySignal = [null, 'SIGTERM'];
      expect([load.lost, ends]).toEqual([[], [bySignal, bySignal, bySignal]]);
      expect(load.sent).toBeGreaterThan(100);
    },
  );

  it('control: without a grace, rolling restarts lose requests', async () => {
    const restart = await RollingRestart.prepare(app, {
      platform: 'express',
      graceMs: 0,
    });
    const { load } = restart;
    // HAProxy sends to the process that has ended until two checks have failed.
    while (load.lost.length === 0) await restart.run();
    await load.stop();
    console.log(`grace 0: ${load.summary}`);
    expect(load.lost).not.toEqual([]);
  });

  testKeepAlive(app, async (port) => {
    const haproxy = await Haproxy.start({
      app: ['http-reuse always', `server s1 127.0.0.1:${port} check`],
    });
    await haproxy.until(allUp);
    return haproxy;
  });
});
