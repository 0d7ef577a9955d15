import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { compiled, runModule } from './compiled.js';
import { later, rootWith } from './harness.js';

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

/** A network namespace, in which link-local addresses belong to nobody else. */
function namespace(): string {
  const name = `allowed-hosts-${process.pid}`;
  ip('netns', 'add', name);
  return later(name, () => ip('netns', 'delete', name));
}

function canUseNamespaces(): boolean {
  const name = `allowed-hosts-probe-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'exec', name, 'true');
    ip('netns', 'delete', name);
    return true;
  } catch {
    return false;
  }
}

const isPossible = canUseNamespaces();
if (!isPossible)
  process.stderr.write(
    'Skipped: the tests in a network namespace need root and `ip netns`.\n',
  );

(isPossible ? describe : describe.skip)(
  'a discovery in a network namespace (skipped without root and ip netns)',
  () => {
    const url = compiled();
    const program = (options: object, machine = 'undefined') => `
    import { InstanceAddresses } from '${url}/addresses/instance-addresses.js';
    import { resolveAddressesOptions } from '${url}/addresses/addresses.options.js';
    const found = await InstanceAddresses.discover(
      resolveAddressesOptions(${JSON.stringify(options)}),
      { log: () => {}, warn: console.error, debug: () => {} },
      ${machine},
    );
    console.log(JSON.stringify({ primary: found.primary, all: found.all.map(({ address }) => address) }));
  `;

    /** Starts the fake in a process of its own in the namespace, on port 80. */
    async function serve(name: string, host: string): Promise<void> {
      const fake = spawn(
        'ip',
        [
          'netns',
          'exec',
          name,
          process.execPath,
          '--input-type=module',
          '-e',
          `import { FakeEc2Metadata } from '${url}/testing/index.js';
         const interfaces = [{ ipv4: ['10.0.3.17'], ipv6: ['2600:1f14::17'] }];
         const imds = await FakeEc2Metadata.start({ host: '${host}', port: 80, interfaces });
         console.log(imds.url);`,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      later(fake, async () => {
        fake.kill('SIGKILL');
        await once(fake, 'close');
      });
      await once(fake.stdout, 'data');
    }

    it.each([
      ['169.254.169.254', {}],
      ['fd00:ec2::254', { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' }],
    ])('requests %s:80 by default', async (host, env) => {
      const name = namespace();
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'address', 'add', host, 'dev', 'lo');
      await serve(name, host);
      const { code, stdout, stderr } = await runModule(
        program({ platform: 'ec2', timeoutMs: 60_000 }),
        env,
        ['ip', 'netns', 'exec', name],
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({
        primary: '10.0.3.17',
        all: ['10.0.3.17', '2600:1f14::17'],
      });
    });

    it('returns the addresses of a pod from real interfaces', async () => {
      const name = namespace();
      ip('-n', name, 'link', 'set', 'lo', 'up');
      const pair = ['eth0', 'type', 'veth', 'peer', 'name', 'eth1'];
      ip('-n', name, 'link', 'add', ...pair);
      ip('-n', name, 'link', 'set', 'eth1', 'up');
      ip('-n', name, 'address', 'add', '10.0.9.7/24', 'dev', 'eth0');
      ip('-n', name, 'address', 'add', 'fd00:9::7/64', 'dev', 'eth0', 'nodad');
      ip('-n', name, 'link', 'set', 'eth0', 'up');
      const { stdout } = await runModule(
        program({}),
        { KUBERNETES_SERVICE_HOST: '10.100.0.1' },
        ['ip', 'netns', 'exec', name],
      );
      expect(JSON.parse(stdout)).toEqual({
        primary: '10.0.9.7',
        all: ['10.0.9.7', 'fd00:9::7'],
      });
    });

    it('logs that there is no route', async () => {
      const name = namespace();
      const { code, stderr } = await runModule(
        program({ platform: 'ec2' }),
        {},
        ['ip', 'netns', 'exec', name],
      );
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /could not connect \(ENETUNREACH\)\. Check for a firewall/,
      );
    });

    it('sends no packet elsewhere than on AWS, and would be seen to send one', async () => {
      const name = namespace();
      ip('-n', name, 'link', 'set', 'lo', 'up');
      // The only interface counts all packets, whatever their destination.
      ip('-n', name, 'route', 'add', 'default', 'dev', 'lo');
      const packets = () => {
        const statistics = ip('-n', name, '-s', '-j', 'link', 'show', 'lo');
        const [{ stats64 }] = JSON.parse(String(statistics));
        return stats64.tx.packets;
      };
      const laptop = `{ env: process.env, root: ${JSON.stringify(rootWith({}))}, interfaces: () => ({}) }`;
      const inside = ['ip', 'netns', 'exec', name];

      const { stdout } = await runModule(program({}, laptop), {}, inside);
      expect(stdout).toBe('{"primary":null,"all":[]}\n');
      expect(packets()).toBe(0);

      const { stderr } = await runModule(
        program({ platform: 'ec2', timeoutMs: 300 }, laptop),
        {},
        inside,
      );
      expect(stderr).toMatch(
        /PUT http:\/\/169\.254\.169\.254\/latest\/api\/token could not connect/,
      );
      expect(packets()).toBeGreaterThan(0);
    });
  },
);
