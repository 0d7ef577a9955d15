import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { platforms } from '../support/app.js';
import { builtApp } from '../support/built-app.js';

const root = join(import.meta.dirname, '../..');
const flags = process.allowedNodeEnvironmentFlags;
/** Its name before Node 22.13, and before Node 25 it did not restrict the network. */
const PERMISSION = flags.has('--permission')
  ? '--permission'
  : '--experimental-permission';
const RESTRICTS_NETWORK = flags.has('--allow-net');

describe.each([12, 11] as const)('on Nest %d', (nest) => {
  const app = builtApp(['test/runtime/app.ts'], nest);

  async function run(
    nodeFlags: readonly string[],
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    const child = spawn(process.execPath, [...nodeFlags, app, ...args], {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, result: stdout.trim().split('\n').at(-1), stdout, stderr };
  }

  const SERVED = {
    code: 0,
    result: '{"listed":200,"found":200,"refused":400,"probe":200}',
    stderr: '',
  };

  describe.each(platforms)('on $name', ({ name }) => {
    it('uses nothing of Node that is deprecated, or will be', async () => {
      const ended = await run(
        ['--pending-deprecation', '--throw-deprecation'],
        [name],
      );
      expect(ended).toMatchObject(SERVED);
    });

    it('serves where Node may read nothing but the code', async () => {
      const ended = await run(
        [
          PERMISSION,
          '--disable-warning=ExperimentalWarning',
          '--disable-warning=SecurityWarning',
          `--allow-fs-read=${root}/*`,
          ...(RESTRICTS_NETWORK ? ['--allow-net'] : []),
        ],
        [name],
      );
      expect(ended).toMatchObject(SERVED);
    });
  });

  (RESTRICTS_NETWORK ? it : it.skip)(
    'starts on EC2 without its addresses where Node may not use the network',
    async () => {
      const ended = await run(
        [PERMISSION, `--allow-fs-read=${root}/*`],
        ['express', 'no-network'],
        { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' },
      );
      expect(ended).toMatchObject({ code: 0 });
      expect(ended.stdout).toContain("Could not read this machine's addresses");
    },
  );
});
