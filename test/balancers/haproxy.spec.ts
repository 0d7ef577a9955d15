import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { builtApp } from '../support/built-app.js';
import { Haproxy, hasHaproxy } from './haproxy.js';
import { endAll, freePort, Instance } from './instance.js';

const PLATFORMS = ['express', 'fastify', 'fastify over h2c'];
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
  it('skips the tests with HAProxy, which is not installed', () => undefined);

const checkWith = (host: string) =>
  `http-check send meth GET uri /health ver HTTP/1.1 hdr Host ${host}`;

const allUp = (states: ReadonlyMap<string, string>) =>
  [...states.values()].every((state) => state === 'UP');

/** Sends requests one after another on kept connections until told to stop. */
class Load {
  sent = 0;
  readonly lost: string[] = [];
  #stopped = false;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #workers: Promise<void>[];

  constructor(
    readonly port: number,
    workers: number,
  ) {
    this.#workers = Array.from({ length: workers }, (_, i) => this.#work(i));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
    this.#agent.destroy();
  }

  async #work(worker: number): Promise<void> {
    while (!this.#stopped && this.sent < 100_000) {
      this.sent++;
      try {
        const status = await this.#request(worker % 4);
        if (status >= 300) this.lost.push(`status ${status}`);
      } catch (error) {
        this.lost.push(String(error));
      }
    }
  }

  #request(kind: number): Promise<number> {
    const body = kind === 1 ? JSON.stringify({ some: 'text' }) : '';
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          agent: this.#agent,
          host: '127.0.0.1',
          port: this.port,
          path: kind === 2 ? '/slow' : '/',
          method: body === '' ? 'GET' : 'POST',
          headers: {
            Host: 'example.com',
            ...(body !== '' && {
              'Content-Type': 'application/json',
              'Content-Length': body.length,
            }),
          },
        },
        (response) => {
          text(response).then(() => resolve(response.statusCode ?? 0), reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

hello('behind HAProxy', () => {
  const app = builtApp(['test/balancers/app.ts']);
  afterEach(endAll);

  it.each(PLATFORMS)(
    'probers see %s UP, and a foreign host DOWN',
    async (platform) => {
      const port = await freePort();
      await new Instance(app, platform, port).start();
      const http2 = platform.endsWith('h2c') ? ' proto h2 check-proto h2' : '';
      const server = `server s1 127.0.0.1:${port} check inter 100 fall 2 rise 2${http2}`;
      const backends = Object.entries(PROBERS).map(
        ([name, host]) =>
          [name, ['option httpchk', checkWith(String(host)), server]] as const,
      );
      const classic = ['option httpchk GET /health HTTP/1.0', server];
      const haproxy = await Haproxy.start({
        ...Object.fromEntries(backends),
        ...(http2 === '' && { classic_elb: classic }),
      });
      const states = await haproxy.until(
        (now) =>
          now.get('foreign/s1') === 'DOWN' &&
          [...now].every(([name, state]) =>
            name === 'foreign/s1' ? true : state === 'UP',
          ),
      );
      expect(states.size).toBe(http2 === '' ? 7 : 6);
    },
    30_000,
  );

  it.each(PLATFORMS)(
    'a rolling restart of three instances on %s loses no request',
    async (platform) => {
      const http2 = platform.endsWith('h2c') ? ' proto h2 check-proto h2' : '';
      const ports = [await freePort(), await freePort(), await freePort()];
      const instances = ports.map((port) => new Instance(app, platform, port));
      await Promise.all(instances.map((instance) => instance.start()));
      const haproxy = await Haproxy.start({
        app: [
          'option httpchk',
          checkWith('10.0.3.17:3000'),
          ...ports.map(
            (port, i) =>
              `server s${i + 1} 127.0.0.1:${port} check inter 200 fall 2 rise 1${http2}`,
          ),
        ],
      });
      await haproxy.until(allUp);
      const load = new Load(haproxy.port, 8);
      const ends: unknown[] = [];
      for (const instance of instances) {
        ends.push(await instance.stop());
        await instance.start();
        await haproxy.until(allUp);
      }
      await load.stop();
      expect([load.lost, ends]).toEqual([
        [],
        ['SIGTERM', 'SIGTERM', 'SIGTERM'],
      ]);
      expect(load.sent).toBeGreaterThan(100);
      console.log(`${platform}: ${load.sent} requests sent, none lost`);
    },
    120_000,
  );
});
