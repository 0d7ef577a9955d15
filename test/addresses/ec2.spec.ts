import { once } from 'node:events';
import { createServer } from 'node:http';
import { jest } from '@jest/globals';
import {
  FakeEc2Metadata,
  type Fault,
  type FaultAction,
} from '../../src/testing/index.js';
import {
  discover,
  fakeTimeouts,
  later,
  machineWith,
  running,
  until,
} from './harness.js';

const dualStack = [
  {
    ipv4: ['10.0.3.17', '10.0.3.18'],
    ipv6: ['2600:1f14:0:0::17'],
  },
  { mac: '0e:49:61:0f:c3:11', ipv4: ['10.0.4.9'], ipv6: ['2600:1f14::9'] },
];
const paths = (imds: FakeEc2Metadata) =>
  imds.requests.map(({ method, path }) => `${method} ${path}`);

describe('the addresses of an EC2 instance', () => {
  it('are those of all interfaces, primary first', async () => {
    const imds = await running(
      FakeEc2Metadata.start({ interfaces: dualStack }),
    );
    const { found, now, lines } = await discover({}, machineWith(imds.env));
    expect(now()).toEqual([
      '10.0.3.17',
      '2600:1f14::17',
      '10.0.3.18',
      '10.0.4.9',
      '2600:1f14::9',
    ]);
    expect(found.primary).toBe('10.0.3.17');
    expect(found.all[0]).toEqual({ address: '10.0.3.17', source: 'ec2' });
    expect(found.has('2600:1f14::9')).toBe(true);
    expect(found.has('10.0.3.19')).toBe(false);
    expect(found.lastError).toBeNull();
    expect(found.refreshedAt).toBeGreaterThan(0);
    expect(Object.isFrozen(found.all)).toBe(true);
    expect(lines.warnings).toEqual([]);
    expect(lines.logs).toEqual([
      expect.stringMatching(
        /^Allowing this machine's addresses on every route: 10\.0\.3\.17, 2600:1f14::17, .* \(ec2, \d+ ms\)\.$/,
      ),
    ]);
  });

  it('are IPv6 addresses if it has no others', async () => {
    const imds = await running(
      FakeEc2Metadata.start({
        interfaces: [{ ipv6: ['2600:1f14::17', '2600:1f14::18'] }],
      }),
    );
    const { found, now } = await discover({}, machineWith(imds.env));
    expect(now()).toEqual(['2600:1f14::17', '2600:1f14::18']);
    expect(found.primary).toBe('2600:1f14::17');
  });

  it('are allowed on probe routes only if so set', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { found, lines } = await discover(
      { allowOn: 'probes' },
      machineWith(imds.env),
    );
    expect(found.allowOn).toBe('probes');
    expect(lines.logs).toEqual([
      expect.stringMatching(
        /^Allowing this machine's addresses on probe routes: 10\.0\.3\.17 \(ec2,/,
      ),
    ]);
  });

  it('take six requests at the start and five in a refresh, with one token, over a connection each', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const { found } = await discover({ refreshMs: 1 }, machineWith(imds.env));
    // The first refresh begins in a later turn of the event loop.
    expect([imds.requests.length, imds.connections]).toEqual([6, 6]);
    await until(() => imds.requests.length >= 11);
    found.close();
    expect(paths(imds).slice(0, 6).sort()).toEqual([
      'GET /latest/meta-data/ipv6',
      'GET /latest/meta-data/local-ipv4',
      'GET /latest/meta-data/network/interfaces/macs/',
      'GET /latest/meta-data/network/interfaces/macs/0e:00:00:00:00:00/ipv6s',
      'GET /latest/meta-data/network/interfaces/macs/0e:00:00:00:00:00/local-ipv4s',
      'PUT /latest/api/token',
    ]);
    expect(
      paths(imds)
        .slice(6, 11)
        .every((path) => path.startsWith('GET')),
    ).toBe(true);
  });

  it.each([
    ['six hours', '21600', 19_440_000],
    ['a minute', '60', 54_000],
    ['an unknown time', 'unknown', 19_440_000],
    ['no time', '0', 19_440_000],
    ['more than six hours', '99999', 19_440_000],
  ])(
    'are read with a token for %s, which is renewed before it expires',
    async (_name, seconds, renewedAfterMs) => {
      let now = 1000;
      const clock = jest.spyOn(performance, 'now').mockReturnValue(now);
      later(clock, () => clock.mockRestore());
      const requests: string[] = [];
      const server = createServer(({ method, url = '' }, response) => {
        requests.push(`${method} ${url}`);
        response.setHeader('x-aws-ec2-metadata-token-ttl-seconds', seconds);
        response.writeHead(url.endsWith('ipv6') ? 404 : 200);
        response.end(
          method === 'PUT' ? 'token' : url.endsWith('/') ? '' : '10.0.3.17',
        );
      });
      later(server, () => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const bound = server.address();
      const port = typeof bound === 'object' ? bound?.port : 0;
      const { found } = await discover(
        { refreshMs: 1 },
        machineWith({
          AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
        }),
      );
      /** Waits for a refresh that has begun after this moment. */
      const refreshed = async () => {
        const seen = requests.length;
        await until(() => requests.length > seen + 8);
      };
      const tokens = () =>
        requests.filter((request) => request.startsWith('PUT')).length;
      clock.mockReturnValue((now += renewedAfterMs - 1));
      await refreshed();
      expect(tokens()).toBe(1);
      clock.mockReturnValue(now + 1);
      await refreshed();
      found.close();
      expect(tokens()).toBe(2);
    },
  );

  it('include those of more interfaces than are read in parallel', async () => {
    const interfaces = Array.from({ length: 20 }, (_, i) => ({
      ipv4: [`10.0.${i}.1`],
    }));
    const imds = await running(FakeEc2Metadata.start({ interfaces }));
    const { now, lines } = await discover({}, machineWith(imds.env));
    expect(now()).toHaveLength(20);
    // A token, three items, and two more for each interface.
    expect(imds.requests).toHaveLength(4 + 2 * 20);
    expect(lines.logs[0]).toMatch(/ and 8 more \(ec2/);
  });

  it.each<[string, Fault]>([
    ['an empty item', { kind: 'body', body: '', on: /ipv6$/ }],
    [
      'a line end after an address',
      { kind: 'body', body: '10.0.3.17\n', on: /local-ipv4$/ },
    ],
    [
      'an interface without a slash',
      { kind: 'body', body: '0e:00:00:00:00:00', on: /macs\/$/ },
    ],
  ])('are read whether there is %s or not', async (_name, fault) => {
    const imds = await running(
      FakeEc2Metadata.start({
        interfaces: [{ ipv4: ['10.0.3.17', '10.0.3.18'] }],
      }),
    );
    imds.fault = fault;
    const { found, now } = await discover({}, machineWith(imds.env));
    expect(found.lastError).toBeNull();
    expect(now()).toEqual(['10.0.3.17', '10.0.3.18']);
  });

  it('are never requested from version 1: each request has a token', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'status', status: 403, on: /^PUT/, times: 1 };
    const env = { ...imds.env, AWS_EC2_METADATA_V1_DISABLED: 'false' };
    const { found } = await discover({ refreshMs: 1 }, machineWith(env));
    await until(() => found.primary !== null);
    found.close();
    const items = imds.requests.filter(({ path }) =>
      path.includes('/meta-data/'),
    );
    expect(items.length).toBeGreaterThan(0);
    for (const { headers } of items)
      expect(headers['x-aws-ec2-metadata-token']).toMatch(/^.{20,}$/);
  });

  describe('and the environment variable', () => {
    it('AWS_EC2_METADATA_DISABLED=true: no request is sent, and the log contains the reason', async () => {
      const imds = await running(FakeEc2Metadata.start());
      const env = { ...imds.env, AWS_EC2_METADATA_DISABLED: 'True' };
      for (const platform of ['auto', 'ec2'] as const) {
        const { now, lines } = await discover({ platform }, machineWith(env));
        expect(now()).toEqual([]);
        expect(lines.logs).toEqual([
          'Not looking for this machine\'s addresses. AWS_EC2_METADATA_DISABLED is "true".',
        ]);
      }
      expect(imds.connections).toBe(0);
    });

    it('AWS_EC2_METADATA_DISABLED=false: they are requested', async () => {
      const imds = await running(FakeEc2Metadata.start());
      const { now } = await discover(
        {},
        machineWith({ ...imds.env, AWS_EC2_METADATA_DISABLED: 'false' }),
      );
      expect(now()).toEqual(['10.0.3.17']);
    });

    it('AWS_EC2_METADATA_SERVICE_ENDPOINT: it may end with a slash, and overrides the mode', async () => {
      const imds = await running(FakeEc2Metadata.start());
      const { now } = await discover(
        {},
        machineWith({
          AWS_EC2_METADATA_SERVICE_ENDPOINT: `${imds.url}/`,
          AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6',
        }),
      );
      expect(now()).toEqual(['10.0.3.17']);
    });

    it('AWS_EC2_METADATA_SERVICE_ENDPOINT: it may be an IPv6 address', async () => {
      const imds = await running(FakeEc2Metadata.start({ host: '::1' }));
      expect(imds.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
      const { now } = await discover({}, machineWith(imds.env));
      expect(now()).toEqual(['10.0.3.17']);
    });

    it.each([
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT', '169.254.169.254'],
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'https://127.0.0.1:1'],
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://me@127.0.0.1:1'],
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://127.0.0.1:1/?a'],
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://127.0.0.1:99999'],
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://not a name'],
      ['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE', 'IPv5'],
      ['AWS_METADATA_SERVICE_TIMEOUT', '1s'],
      ['AWS_METADATA_SERVICE_TIMEOUT', '0'],
      ['AWS_METADATA_SERVICE_NUM_ATTEMPTS', '0'],
      ['AWS_METADATA_SERVICE_NUM_ATTEMPTS', 'many'],
    ])(
      '%s=%s: the log contains what to write, no request is sent',
      async (name, value) => {
        const { lines, now } = await discover(
          { platform: 'ec2' },
          machineWith({ [name]: value }),
        );
        expect(now()).toEqual([]);
        expect(lines.warnings).toEqual([
          expect.stringContaining(
            `ec2: ${name} is ${JSON.stringify(value)}: write `,
          ),
        ]);
      },
    );

    it('AWS_METADATA_SERVICE_TIMEOUT: it limits one request, in seconds', async () => {
      const imds = await running(FakeEc2Metadata.start());
      imds.fault = { kind: 'silence' };
      const env = { ...imds.env, AWS_METADATA_SERVICE_TIMEOUT: '1.5' };
      const { found } = await discover(
        { timeoutMs: 3600_000 },
        machineWith(env),
      );
      expect(found.lastError).toMatch(
        /connected but got no response within \d+ ms/,
      );
    });

    it('AWS_METADATA_SERVICE_TIMEOUT: it leaves no timer after a response', async () => {
      const imds = await running(FakeEc2Metadata.start());
      const env = { ...imds.env, AWS_METADATA_SERVICE_TIMEOUT: '3600' };
      fakeTimeouts();
      const { now } = await discover({ refreshMs: 0 }, machineWith(env));
      expect(now()).toEqual(['10.0.3.17']);
      expect(jest.getTimerCount()).toBe(0);
    });

    it.each<[string, FaultAction]>([
      ['429', { kind: 'status', status: 429 }],
      ['500', { kind: 'status', status: 500 }],
      ['a closed connection', { kind: 'reset' }],
    ])(
      'AWS_METADATA_SERVICE_NUM_ATTEMPTS: it limits how often a request is sent after %s',
      async (_name, fault) => {
        const imds = await running(FakeEc2Metadata.start());
        const env = { ...imds.env, AWS_METADATA_SERVICE_NUM_ATTEMPTS: '3' };
        imds.fault = { ...fault, on: /^PUT/, times: 2 };
        const { now, lines } = await discover({}, machineWith(env));
        expect(now()).toEqual(['10.0.3.17']);
        expect(lines.warnings).toEqual([]);
        imds.requests.length = 0;
        imds.fault = fault;
        await discover({}, machineWith(env));
        expect(imds.requests).toHaveLength(3);
      },
    );

    it('AWS_METADATA_SERVICE_NUM_ATTEMPTS: a request that cannot succeed is sent once', async () => {
      const imds = await running(FakeEc2Metadata.start());
      imds.fault = { kind: 'status', status: 403 };
      const env = { ...imds.env, AWS_METADATA_SERVICE_NUM_ATTEMPTS: '3' };
      await discover({}, machineWith(env));
      expect(imds.requests).toHaveLength(1);
    });

    it('AWS_METADATA_SERVICE_NUM_ATTEMPTS: its default is one attempt', async () => {
      const imds = await running(FakeEc2Metadata.start());
      imds.fault = { kind: 'status', status: 503, on: /^PUT/ };
      await discover({}, machineWith(imds.env));
      expect(imds.requests).toHaveLength(1);
    });
  });
});
