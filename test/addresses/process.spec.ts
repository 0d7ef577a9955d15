import { once } from 'node:events';
import { createServer } from 'node:http';
import { FakeEc2Metadata, type Fault } from '../../src/testing/index.js';
import { compiled, runModule } from './compiled.js';
import { later, rootWith, running, until } from './harness.js';

const url = compiled();

/** A program that discovers its addresses, prints them, and has nothing else to do. */
const program = (options: object, machine = 'undefined') => `
  import { InstanceAddresses } from '${url}/addresses/instance-addresses.js';
  import { resolveAddressesOptions } from '${url}/addresses/addresses.options.js';
  const lines = [];
  const logger = { log: (line) => lines.push(line), warn: (line) => lines.push(line), debug: () => undefined };
  const options = resolveAddressesOptions(${JSON.stringify(options)});
  const found = await InstanceAddresses.discover(options, logger, ${machine});
  console.log(JSON.stringify({ all: found.all, lines }));
`;

const faults: (Fault | null)[] = [
  null,
  { kind: 'silence' },
  { kind: 'silence', on: /ipv6s/ },
  { kind: 'drip', everyMs: 50 },
  { kind: 'endless' },
  { kind: 'status', status: 404 },
  { kind: 'status', status: 503, on: /macs\/$/ },
  { kind: 'cut' },
  { kind: 'reset' },
  { kind: 'garbage' },
];

describe('a process that discovers its addresses', () => {
  it.each(faults)(
    'ends by itself with the fault %j, without an unhandled rejection',
    async (fault) => {
      const imds = await running(FakeEc2Metadata.start());
      imds.fault = fault;
      const { code, stdout, stderr } = await runModule(
        program({ timeoutMs: 200, refreshMs: 60_000 }),
        imds.env,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout).lines).toHaveLength(1);
    },
  );

  it('ends by itself during a refresh without a response', async () => {
    const imds = await running(FakeEc2Metadata.start());
    const paths = () => imds.requests.map(({ path }) => path);
    const ended = runModule(
      `${program({ timeoutMs: 3600_000, refreshMs: 1 })}
     await fetch('${imds.url}/discovered');
     while ((await (await fetch('${imds.url}/latest/end')).text()) !== 'end');`,
      imds.env,
    );
    await until(() => paths().includes('/discovered'));
    imds.fault = { kind: 'silence', on: /meta-data/ };
    imds.requests.length = 0;
    await until(() => paths().some((path) => path.includes('meta-data')));
    imds.fault = { kind: 'body', body: 'end', on: /end$/ };
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('sends no request through the proxy of its environment', async () => {
    let proxied = 0;
    const proxy = createServer((_, response) => {
      proxied++;
      response.end();
    });
    later(proxy, () => proxy.close());
    proxy.on('connect', (_, socket) => {
      proxied++;
      socket.destroy();
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const bound = proxy.address();
    const port = typeof bound === 'object' ? bound?.port : 0;
    const through = `http://127.0.0.1:${port}`;
    const imds = await running(FakeEc2Metadata.start());
    const { stdout } = await runModule(program({}), {
      ...imds.env,
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: through,
      http_proxy: through,
      ALL_PROXY: through,
    });
    expect(JSON.parse(stdout).all).toEqual([
      { address: '10.0.3.17', source: 'ec2' },
    ]);
    expect(proxied).toBe(0);
  });

  describe('and runs elsewhere than on AWS', () => {
    // Each socket of the process, HTTP or not, passes one of these, and each look-up of a name passes the last one.
    const watched = (options: object, root: string) => `
    import { subscribe } from 'node:diagnostics_channel';
    import dns from 'node:dns';
    import { syncBuiltinESMExports } from 'node:module';
    let seen = 0;
    for (const name of ['net.client.socket', 'udp.socket', 'http.client.request.start'])
      subscribe(name, () => seen++);
    const { lookup } = dns;
    dns.lookup = (...args) => { seen++; return lookup(...args); };
    syncBuiltinESMExports();
    ${program(options, `{ env: process.env, root: ${JSON.stringify(root)}, interfaces: () => ({}) }`)}
    console.log(seen);
    if (process.env.CONNECT) {
      const { connect } = await import('node:net');
      connect(1, 'localhost').on('error', () => {});
      console.log(seen);
    }
  `;

    it.each([
      ['a laptop', {}, { 'sys/devices/virtual/dmi/id/sys_vendor': 'LENOVO\n' }],
      [
        'another cloud',
        {},
        { 'sys/devices/virtual/dmi/id/sys_vendor': 'Google\n' },
      ],
      ['no /sys', {}, {}],
      [
        'platform "none" on EC2',
        { platform: 'none' },
        { 'sys/devices/virtual/dmi/id/sys_vendor': 'Amazon EC2\n' },
      ],
    ])(
      'opens no connection and logs nothing: %s',
      async (_name, options, files) => {
        const { stdout } = await runModule(watched(options, rootWith(files)));
        expect(stdout).toBe('{"all":[],"lines":[]}\n0\n');
      },
    );

    it('would be seen to open a connection', async () => {
      const { stdout } = await runModule(watched({}, rootWith({})), {
        CONNECT: '1',
      });
      expect(stdout).toMatch(/\n0\n[1-9]\n$/);
    });
  });
});
