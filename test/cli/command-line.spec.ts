import { HostList } from '../../src/hosts/host-list.js';
import { runCli } from './capture.js';
import { closeServers, httpServer } from './servers.js';

afterEach(closeServers);

describe('the command line', () => {
  it.each([
    [[], /^A command is missing: write nestjs-allowed-hosts check https:/],
    [['chek'], /^There is no command "chek": did you mean check\?/],
    [
      ['serve'],
      /^There is no command "serve": the commands are check and match\./,
    ],
    [
      ['http://x.example/'],
      /write nestjs-allowed-hosts check http:\/\/x\.example\//,
    ],
    [['check'], /^check needs the URL of a server: write /],
    [
      ['check', 'localhost:3000'],
      /^"localhost:3000" is not an http or https URL: write http:\/\/localhost:3000 or /,
    ],
    [
      ['check', 'ftp://x.example'],
      /is not an http or https URL: write one such as/,
    ],
    [
      ['check', 'http://me:secret@x.example'],
      /^The URL contains a user or a password/,
    ],
    [['check', 'http://a!b.example'], /"a!b\.example" is not a host/],
    [['check', 'http://x.example', 'y.example'], /write --host y\.example if/],
    [
      ['check', 'http://x.example', '--helth', '/x'],
      /^There is no option "--helth": did you mean --health\?/,
    ],
    [
      ['check', 'http://x.example', '--frobnicate'],
      /the options are --health, --host, /,
    ],
    [
      ['check', 'http://x.example', '--host'],
      /^--host needs a value: write --host example\.com\./,
    ],
    [
      ['check', 'http://x.example', '--host', '--json'],
      /^--host needs a value/,
    ],
    [['check', 'http://x.example', '--json=1'], /^--json takes no value/],
    [
      ['check', 'http://x.example', '--health', 'health'],
      /^--health is "health": write the path/,
    ],
    [['check', 'http://x.example', '--health', '/a b'], /^--health is /],
    [
      ['check', 'http://x.example', '--host', 'http://y.example/z'],
      /write --host y\.example\./,
    ],
    [
      ['check', 'http://x.example', '--host', 'a b'],
      /which is not a host: write --host example\.com\./,
    ],
    [
      ['check', 'http://x.example', '--connect', 'fd00::1'],
      /write a host and a port, .* --connect \[fd00::1\]:3000/,
    ],
    [
      ['check', 'http://x.example', '--timeout', '1.5'],
      /^--timeout is "1\.5": write a whole number of milliseconds/,
    ],
    [['check', 'http://x.example', '--timeout', '0'], /^--timeout is 0: write/],
    [['match'], /^match needs a list and at least one host: write /],
    [['match', 'example.com'], /^match needs a list/],
    [['match', 'a*.com', 'a.com'], /^hosts\[0\] "a\*\.com" /],
    [['match', '', 'a.com'], /^hosts is empty/],
    [
      ['match', 'a.com', 'a.com', '--json'],
      /^There is no option "--json": this command has none\./,
    ],
  ])('%j is wrong use, with a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(
      /\nnestjs-allowed-hosts --help shows all commands\.\n$/,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([['--help'], ['-h'], ['help'], ['check --help'], ['match x --help']])(
    'shows its help on "%s"',
    async (args) => {
      const { code, stdout, stderr } = await runCli(args.split(' '));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const option of [
        'health',
        'host',
        'connect',
        'insecure',
        'timeout',
        'json',
      ])
        expect(stdout).toContain(`  --${option}`);
      expect(
        Math.max(...stdout.split('\n').map((line) => line.length)),
      ).toBeLessThanOrEqual(80);
    },
  );

  it.each([['--version'], ['-v']])(
    'prints the version on "%s"',
    async (args) => {
      expect(await runCli([args])).toEqual({
        code: 0,
        stdout: '0.0.0-test\n',
        stderr: '',
      });
    },
  );

  describe('match', () => {
    it('prints which pattern allows a host', async () => {
      const { code, stdout, stderr } = await runCli([
        'match',
        '.example.org, api.example.org 10.0.0.0/16',
        'api.example.org:8443',
        '10.0.3.17',
        'EXAMPLE.org.',
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toBe(
        [
          'Host                  verdict  because of',
          '--------------------  -------  -----------------------------',
          'api.example.org:8443  allowed  .example.org, api.example.org',
          '10.0.3.17             allowed  10.0.0.0/16',
          'EXAMPLE.org.          allowed  .example.org',
          '',
        ].join('\n'),
      );
    });

    it('prints why a host is refused, and exits with 1', async () => {
      const { code, stdout } = await runCli([
        'match',
        'example.com',
        'example.com',
        'evil.example',
        'user@example.com',
        '\u001B[31m',
        '',
      ]);
      expect(code).toBe(1);
      const rows = stdout.split('\n').slice(2, -1);
      expect(rows.map((row) => row.split(/ {2,}/).slice(1))).toEqual([
        ['allowed', 'example.com'],
        ['refused', 'no pattern matches'],
        [
          'refused',
          'it is not a host: it contains a character that is not allowed in a host',
        ],
        [
          'refused',
          'it is not a host: it contains a character that is not allowed in a host',
        ],
        ['refused', 'it is empty'],
      ]);
      expect(stdout).toContain('\\u001b[31m');
    });

    it('prints the warnings that the application logs at start', async () => {
      const list = '*, .com example.com:443';
      const { code, stderr } = await runCli(['match', list, 'a.b']);
      expect(code).toBe(0);
      expect(stderr).toBe(
        HostList.from(list)
          .warnings.map((warning) => `Warning: ${warning}\n`)
          .join(''),
      );
      expect(stderr.split('\n')).toHaveLength(4);
    });
  });

  describe('on a terminal', () => {
    const url = async () =>
      `http://127.0.0.1:${await httpServer((_request, response) => response.end('Hello'))}/`;

    it('shows progress and colors', async () => {
      const { stdout, stderr } = await runCli(['check', await url()], {}, true);
      expect(stderr).toContain('\r\u001B[K2/');
      expect(stderr.endsWith('\r\u001B[K')).toBe(true);
      expect(stdout).toContain('\u001B[31msee 1\u001B[0m');
    });

    it.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])(
      'uses no colors with %j',
      async (env) => {
        const { stdout } = await runCli(['check', await url()], env, true);
        expect(stdout).not.toContain('\u001B');
        expect(
          (await runCli(['match', 'a.b', 'c.d'], env, true)).stdout,
        ).not.toContain('\u001B');
      },
    );
  });

  it('uses neither progress nor colors elsewhere', async () => {
    const port = await httpServer((_request, response) =>
      response.end('Hello'),
    );
    const { stdout, stderr } = await runCli([
      'check',
      `http://127.0.0.1:${port}/`,
    ]);
    for (const code of ['\u001B', '\r'])
      expect(stdout + stderr).not.toContain(code);
  });
});
