import fc from 'fast-check';
import {
  HostList,
  HostPatternError,
  parseHostHeader,
} from '../../src/index.js';

type Patterns = Parameters<typeof HostList.from>[0];

function errorOf(patterns: unknown): string {
  try {
    HostList.from(patterns as Patterns);
  } catch (error) {
    if (error instanceof HostPatternError) return error.message;
    throw error;
  }
  return '';
}

const warningsOf = (pattern: Patterns[number]) =>
  HostList.from([pattern]).warnings;

const EXAMPLES =
  'write a host such as "example.com", "10.0.3.17" or "[fd00::1]".';

function regexpOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source);
  } catch {
    return undefined;
  }
}

const HOSTS = ['evil.com', 'com', '127.0.0.1', 'localhost', 'a', '::1', 'b.c'];

/** Spellings near hosts, with what operators and attackers put around them. */
const spelling = fc
  .array(
    fc.constantFrom(
      ...HOSTS,
      ...Array.from('#?/\\@:.*,"\'%[]!-1'),
      ...Array.from('ü１．。“”\u00ad\u200b\u2024ßﬁⓐ℀'),
      'https:',
      'http://',
      '[::1]',
      '%2e',
      'fe80::1',
      ':80',
      'xn--',
      '/16',
      ' ',
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((parts) => parts.join(''));

/** What messages show as examples; no spelling above has any of them. */
const EXAMPLES_OF_PATTERNS = [
  '*',
  'example.com',
  '.example.com',
  '*.example.com',
  '10.0.3.17',
  '[fd00::1]',
  '10.0.0.0/16',
];

/** What stands between separators, also without a port, a "*" for one, or the brackets of an IPv4 address. */
function wholeHostsOf(text: string): string[] {
  return text
    .trim()
    .split(/[\s,;|"'`“”@\\?#!]|\/(?!\d)|\w+:\/\/|^https:(?!\d)/)
    .flatMap((part) => [
      part,
      part.replace(/\/.*$/, ''),
      part.replace(/^\*?\./, ''),
      part.replace(/^([^:]*):[^:]*$/, '$1'),
      part.replace(/:\*$/, ''),
      part.replace(/^\[+|\]+$/g, ''),
      part.replace(/^\[([\d.]+)\]/, '$1'),
    ]);
}

describe('patterns', () => {
  describe('patterns', () => {
    describe('a malformed pattern is an error that says what is wrong and what to write', () => {
      it.each([
        ['"a.com"', 'contains quotation marks: write "a.com".'],
        ['“a.com”', 'contains quotation marks: write "a.com".'],
        ["['a.com']", 'contains quotation marks: write "a.com".'],
        ['localhost:*', 'has a "*" for a port: write "localhost".'],
        ['*.a.com:*', 'has a "*" for a port: write "*.a.com".'],
        ['*:3000', 'has a "*" that is not at its front'],
        ['192.168.*', 'has a "*" in an address: write "192.168.0.0/16".'],
        ['10.0.*.*', 'has a "*" in an address: write "10.0.0.0/16".'],
        ['10.*', 'has a "*" in an address: write "10.0.0.0/8".'],
        ['a,b', 'contains a separator: give each pattern an entry of its own'],
        ['a b', 'contains a separator: give each pattern an entry of its own'],
        [
          '!a.com',
          'begins with "!": a pattern can allow hosts, not exclude them.',
        ],
        [
          String.raw`/a\.com/`,
          'is a regular expression in a string: write it without quotes',
        ],
        [
          String.raw`^.+\.a\.com$`,
          'is a regular expression in a string: write it without quotes',
        ],
        ['10.0/16', 'has an incomplete IPv4 address: write all four'],
        [
          '[2001:db8::/48]',
          'has its prefix length inside the brackets: write "2001:db8::/48".',
        ],
        [
          '192.168.1.0/255.255.255.0',
          'has a netmask after "/": write "192.168.1.0/24".',
        ],
        [
          '192.168.1.7/255.255.255.0',
          'has a netmask after "/": write the prefix length, which is 24.',
        ],
        [
          '10.0.0.1/255.255.255.255',
          'has a netmask after "/": write "10.0.0.1/32".',
        ],
        [
          '10.0.0.0/255.0.255.0',
          'needs a prefix length from 0 to 32 after "/".',
        ],
        ['fd00::/255.0.0.0', 'needs a prefix length from 0 to 128 after "/".'],
        ['10.0.0.0/16x', 'needs a prefix length from 0 to 32 after "/".'],
        ['10.0.0.0/x16', 'needs a prefix length from 0 to 32 after "/".'],
        ['[fd00::5]/16', 'has host bits set: did you mean "fd00::/16"?'],
        ['10.0.0.5/16', 'has host bits set: did you mean "10.0.0.0/16"?'],
        ['10/8', 'has an incomplete IPv4 address: write all four'],
        ['192.168./16', 'has an incomplete IPv4 address: write all four'],
        ['172.16.100/24', 'has an incomplete IPv4 address: write all four'],
        ['a10/8', 'has a path: write "a10".'],
        ['10a/8', 'has a path: write "10a".'],
        ['fd00[::1]/128', 'has a path: '],
        ['10.0/b', 'has a path: '],
        ['10.0/16b', 'has a path: '],
        ['10.0/b16', 'has a path: '],
        ['a10.*', 'has a "*" that is not at its front'],
        ['10.*.a', 'has a "*" that is not at its front'],
        ['10.*.*.*.*', 'has a "*" that is not at its front'],
        [
          '300.*',
          'has a "*" in an address: write a network such as "10.0.0.0/16".',
        ],
        ['10.0.0.0/33', 'needs a prefix length from 0 to 32 after "/".'],
        ['https://*.example.com', 'has a scheme: write "*.example.com".'],
        ['http://localhost:*/', 'has a scheme: write "localhost".'],
        ['https://a:*.com', `has a scheme: ${EXAMPLES}`],
        ['h2://a.com', 'has a scheme: write "a.com".'],
        ['ws:a.com', 'has a scheme: write "a.com".'],
        ['x[fe80::1%e]', 'is not a host'],
        ['*x:*', 'has a "*" for a port: leave the port out.'],
        [
          '*.10.0.3.17',
          'puts "*." before an address: write "10.0.3.17", or a network such as "10.0.0.0/16".',
        ],
        [
          '.[::1]',
          'puts "." before an address: write "[::1]", or a network such as "10.0.0.0/16".',
        ],
        ['.a..com', 'is not a host'],
        ['zz:b:http', 'is not a host'],
        ['be3f:http', 'is not a host'],
        [
          'xbeef:http',
          'has a port that is not a number from 0 to 65535: write "xbeef".',
        ],
        ['', 'is empty: write a host such as "example.com", or remove it.'],
        [' ', 'is empty: write a host such as "example.com", or remove it.'],
        [
          '[10.10.30.17]',
          'has an IPv4 address in brackets: write "10.10.30.17".',
        ],
        [
          '[10.10.30.17]:80',
          'has an IPv4 address in brackets: write "10.10.30.17:80".',
        ],
        ['x[10.10.30.17]', 'is not a host'],
        ['http:example.com', 'has a scheme: write "example.com".'],
        ['"a b"', 'contains quotation marks: write it without them.'],
        ['/tenants/', 'is a regular expression in a string'],
        ['/a/i', 'is a regular expression in a string'],
        ['^a', 'is a regular expression in a string'],
        ['a$', 'is a regular expression in a string'],
        [String.raw`a\d`, 'is a regular expression in a string'],
        ['//a/', 'has a path'],
        ['/a/9', 'has a path'],
        ['a^', 'is not a host'],
        ['a$b', 'is not a host'],
        [String.raw`a\x`, 'is not a host'],
        ['https:example.com', 'has a scheme: write "example.com".'],
        ['https://*', `has a scheme: ${EXAMPLES}`],
        ['https://a.com?x=//b.com', `has a scheme: ${EXAMPLES}`],
        ['b.com/x', 'has a path: write "b.com".'],
        ['fe80::1%eth0', 'has a zone ID, which a Host header never carries'],
        [
          '[fe80::1%eth0]:80',
          'has a zone ID, which a Host header never carries',
        ],
        ['fd00:::1', `is not a host`],
        ['me@a.com', 'has a user name: write "a.com".'],
        ['a.com:80@b.com', `has a user name: ${EXAMPLES}`],
        ['loopback:3000', 'gives a port to a group of hosts: write "loopback"'],
        [
          'a.com:http',
          'has a port that is not a number from 0 to 65535: write "a.com".',
        ],
        [
          'a.com:99999',
          'has a port that is not a number from 0 to 65535: write "a.com".',
        ],
        ['example.com:80:x', `is not a host`],
        ['x:a.com:99999', `is not a host`],
        ['127.1', `is not a host`],
        ['0x7f000001', `is not a host`],
        ['2130706433', `is not a host`],
        ['evil.com#ü.a.com', `is not a host`],
        ['.com#ü.a.com', `is not a host`],
        ['１２７.１', `is not a host`],
        ['ｅｖｉｌ.com', `is not a host`],
        ['a\u00ad.com', `is not a host`],
        ['ü\u00ad.com', `is not a host`],
        ['\u212a.com', `is not a host`],
        ['ü.a：80', `is not a host`],
        [
          'bücher.com:http',
          'has a port that is not a number from 0 to 65535: write "bücher.com".',
        ],
      ])('%s', (pattern, sentence) => {
        const message = errorOf([pattern]);
        expect(message.startsWith(`hosts[0] ${JSON.stringify(pattern)} `)).toBe(
          true,
        );
        expect(message).toContain(sentence);
      });

      it.each<[unknown, string]>([
        [
          undefined,
          'hosts is undefined (is an environment variable not set?): write a string',
        ],
        [null, 'hosts is null: write a string'],
        [7, 'hosts is of type number: write a string'],
        [
          Promise.resolve('a.com'),
          'hosts is a Promise: await it in the useFactory of forRootAsync.',
        ],
        [/a/, 'hosts is a RegExp: put it into an array.'],
        [() => true, 'hosts is a function: put it into an array.'],
        [
          '["a.com","b.com"]',
          'hosts is a JSON array in a string: write the patterns without brackets and quotation marks',
        ],
        [
          ' [ "a.com"]',
          'hosts is a JSON array in a string: write the patterns without brackets and quotation marks',
        ],
        [
          'a.com,["b.com"]',
          'hosts[1] "[\\"b.com\\"]" contains quotation marks: write "b.com".',
        ],
        [
          '"a.com"',
          'hosts[0] "\\"a.com\\"" contains quotation marks: write "a.com".',
        ],
        [
          [undefined],
          'hosts[0] is undefined (is an environment variable not set?)',
        ],
        [
          [],
          'hosts is empty, so every request would be refused: write at least one pattern, such as "example.com".',
        ],
        [
          ' , ',
          'hosts is empty, so every request would be refused: write at least one pattern, such as "example.com".',
        ],
        [{}, 'hosts is of type object: write a string'],
        [[/a/, {}], 'hosts[1] is of type object: write a string such as'],
        [[['a.com']], 'hosts[0] is an array'],
        [[Promise.resolve('a.com')], 'hosts[0] is a Promise'],
      ])('%p as a list', (patterns, sentence) => {
        expect(errorOf(patterns)).toContain(sentence);
      });
    });

    describe('a pattern that is probably not meant is a warning', () => {
      it.each<[Patterns[number], string]>([
        ['*', 'hosts[0] "*" allows every well-formed host'],
        ['0.0.0.0/0', 'hosts[0] "0.0.0.0/0" allows every IPv4 address'],
        ['::/0', 'hosts[0] "::/0" allows every IPv6 address'],
        ['.com', 'hosts[0] ".com" allows every name that ends in "com"'],
        [
          '*.com:8443',
          'hosts[0] "*.com:8443" allows every name that ends in "com"',
        ],
        ['a.com:80', 'hosts[0] "a.com:80" requires port 80'],
        ['.a.com:443', 'hosts[0] ".a.com:443" requires port 443'],
        [
          /a\.com:\d+/,
          String.raw`hosts[0] /a\.com:\d+/ matches no host, because it needs a port`,
        ],
        [/localhost(?::80)/, 'it needs a port'],
        [/^localhost:(?:3000|4000)$/, 'it needs a port'],
        [/\.a\.com/, 'a host does not begin with a dot'],
        [/^[.]a\.com$/, 'a host does not begin with a dot'],
        [/(?:\.a|\.b)\.com/, 'a host does not begin with a dot'],
        [/^\b(?:\.a|\.b)/, 'a host does not begin with a dot'],
        [/\)x:80/, 'it needs a port'],
        [
          new RegExp(String.raw`[\.]a\.com`),
          'a host does not begin with a dot',
        ],
        [/https:\/\/a\.com/, 'it needs a "/"'],
        [/(?:http:\/\/|https:\/\/)a\.com/, 'it needs a "/"'],
        [/(?:app|www):.*/, 'it needs a port'],
        [/app(?::80|:90)/, 'it needs a port'],
        [/(?:app:80|www:90)/, 'it needs a port'],
      ])('%s', (pattern, warning) => {
        expect(warningsOf(pattern)).toEqual([expect.stringContaining(warning)]);
      });

      it.each<Patterns[number]>([
        'a.com',
        '.a.com',
        '*.localhost',
        'localhost',
        'a.com:8080',
        '10.0.0.0/8',
        'loopback',
        () => true,
        /a\.com/,
        /(?:.+\.)?a\.com/,
        /(www)?\.?a\.com(:\d+)?/,
        /\.a\.com|a\.com/,
        /a\.com(?::80)*/,
        /a\.com(?!:)/,
        /fd00:.*/,
        /app(?:-a)\.com/,
        /[(?=]\.a\.com/,
        /\w+:.*/,
        /[\w]+:.*/,
        /(?:app|fd00):.*/,
        /(?:fd00|app):.*/,
        /app(?::80|x)/,
        /app(?:x|:80)/,
        /(?:app:80|www)/,
        /(?:www|app:80)/,
        /(?:http:\/\/|x)a\.com/,
        /(?:x|http:\/\/)a\.com/,
        /(?:a|\.a)\.com/,
        /[\da-f]+:[\da-f:]+/,
        /\p{L}+/u,
        /\p{Script=Greek}:.*/u,
        /(?<group>[a-f])\k<group>:.*/,
        /\x3a\u003a\u{3a}:.*/u,
        /.*/,
      ])('%s is none', (pattern) => {
        expect(warningsOf(pattern)).toEqual([]);
      });

      it('a RegExp that is warned of allows no host', () => {
        const part = fc.constantFrom(
          'a',
          'x',
          '1',
          ':',
          String.raw`\.`,
          '.',
          '/',
          '|',
          '(',
          '(?:',
          ')',
          '?',
          '*',
          '+',
          '[.]',
          '[:a]',
          String.raw`\d`,
          '^',
          '$',
          '{0,1}',
          ':80',
          '(?!',
          '::',
        );
        const host = fc.oneof(
          fc
            .array(fc.constantFrom('a', 'x', '1', '.', '::', ':', 'a:1'), {
              minLength: 1,
              maxLength: 6,
            })
            .map((parts) => parts.join('')),
          fc.ipV6(),
        );
        fc.assert(
          fc.property(
            fc.array(part, { maxLength: 7 }),
            fc.array(host, { maxLength: 20 }),
            (parts, hosts) => {
              const regexp = regexpOf(parts.join(''));
              if (regexp === undefined || warningsOf(regexp).length === 0)
                return;
              const list = HostList.from([regexp]);
              for (const text of hosts)
                for (const value of [text, `[${text}]`])
                  expect(`${value} ${list.allows(value)}`).toBe(
                    `${value} false`,
                  );
            },
          ),
          { numRuns: 5_000 },
        );
      });
    });

    describe('a list', () => {
      it('has the name that its errors and warnings show', () => {
        expect(() => HostList.from([], { name: 'admins' })).toThrow(
          'admins is empty',
        );
        expect(HostList.from(['*'], { name: 'admins' }).warnings).toEqual([
          expect.stringMatching(/^admins\[0\] "\*" allows/),
        ]);
      });

      it('allows no label longer than 63 characters', () => {
        const list = HostList.from(['.example.com', '*.example.org:80']);
        for (const rest of ['example.com', 'example.org:80', 'x.example.com']) {
          expect(list.allowsAsListed(`${'a'.repeat(63)}.${rest}`)).toBe(true);
          expect(list.allows(`${'a'.repeat(64)}.${rest}`)).toBe(false);
        }
      });

      it('takes only addresses for members of a network', () => {
        const list = HostList.from(['0.0.0.0/0', '::/0']);
        for (const value of ['1.example.com', '[::g]', 'example.com'])
          expect(list.allows(value)).toBe(false);
        const host = parseHostHeader('example.com');
        expect(host.ok && list.matches(host)).toBe(false);
      });

      it('ignores the case and the flags of a RegExp', () => {
        const list = HostList.from([/EXAMPLE\.com/gy, /^a$/m]);
        for (let i = 0; i < 2; i++)
          expect(list.allows('Example.com')).toBe(true);
        expect(list.allows('a')).toBe(true);
        expect(list.allows('xexample.com')).toBe(false);
      });

      it('is not compiled after an error with a name of its own', () => {
        expect(() => HostList.from([])).toThrow(
          expect.objectContaining({ name: 'HostPatternError' }),
        );
      });

      it('allows each port up to 65535', () => {
        for (const list of ['a.com', '*', 'a.com, b.com:1'].map((text) =>
          HostList.from(text),
        )) {
          expect(list.allows('a.com:65535')).toBe(true);
          expect(list.allows('a.com:65536')).toBe(false);
        }
      });

      it('matches a parsed host', () => {
        const list = HostList.from([
          'a.com',
          '.b.com:80',
          '10.0.0.1',
          '10.0.0.2:80',
          '::1',
          '[::2]:80',
        ]);
        const matches = (value: string) => {
          const host = parseHostHeader(value);
          return host.ok && list.matches(host);
        };
        for (const value of [
          'a.com:1',
          'x.b.com:080',
          '10.0.0.1:7',
          '[0::1]:7',
        ])
          expect([value, matches(value)]).toEqual([value, true]);
        for (const value of ['10.0.0.2:80', '[0::2]:80'])
          expect([value, matches(value)]).toEqual([value, true]);
        for (const value of [
          'x.a.com',
          'b.com:81',
          '10.0.0.2',
          '[::2]',
          '[::2:80]',
        ])
          expect([value, matches(value)]).toEqual([value, false]);
      });

      it('knows its names and networks without a parse', () => {
        const list = HostList.from([
          'a.com',
          '.b.com:80',
          '[::1]:80',
          /c/,
          '::2',
        ]);
        for (const value of ['A.com.:1', 'b.com:80', 'x.b.com:80', '[0::2]:9'])
          expect(list.allowsAsListed(value)).toBe(true);
        for (const value of [
          'c',
          'x.a.com',
          'b.com',
          'b.com:81',
          '-.b.com:8',
          '',
        ])
          expect(list.allowsAsListed(value)).toBe(false);
      });

      it('takes a name beyond ASCII as punycode, with its port', () => {
        const list = HostList.from([
          'B\u00dcCHER.com:8443',
          'bu\u0308cher.org',
        ]);
        expect(list.allows('xn--bcher-kva.com:8443')).toBe(true);
        expect(list.allows('xn--bcher-kva.com')).toBe(false);
        expect(list.allows('xn--bcher-kva.org')).toBe(true);
      });

      it('has its patterns as text', () => {
        const named = () => true;
        expect(
          HostList.from(['A.com', /b/i, named, () => true]).patterns,
        ).toEqual(['A.com', '/b/i', 'function named', 'function (anonymous)']);
      });

      it('allows no name longer than 253 characters', () => {
        const list = HostList.from('.example.com');
        expect(list.allows(`${'a.'.repeat(130)}example.com`)).toBe(false);
        const label = `${'a'.repeat(60)}.`;
        for (const [rest, allowed] of [
          ['b'.repeat(58), true],
          ['b'.repeat(59), false],
        ] as const) {
          const name = `${label.repeat(3)}${rest}.example.com`;
          expect(name.length <= 253).toBe(allowed);
          expect(list.allows(name)).toBe(allowed);
        }
      });
    });

    describe('groups', () => {
      it.each(['loopback', 'LoopBack', ' loopback. '])('%j', (word) => {
        const list = HostList.from([word]);
        expect(list.allows('api.LOCALHOST.:3000')).toBe(true);
        expect(list.allows('[::1]')).toBe(true);
        expect(list.allows('loopback')).toBe(false);
      });

      it('leave room for patterns beside them', () => {
        const list = HostList.from(['loopback', 'uniquelocal', /loopback/]);
        expect(list.allows('loopback:3000')).toBe(true);
        expect(list.allows('other')).toBe(false);
      });
    });

    describe('whatever is spelt', () => {
      it('allows none of the hosts that the spelling is not', () => {
        fc.assert(
          fc.property(spelling, (text) => {
            if (text.trim() === '*' || errorOf([text]) !== '') return;
            const list = HostList.from([text]);
            // Written out: no case, no trailing dot, no brackets, no port.
            const written = text
              .trim()
              .toLowerCase()
              .replace(/^\[([^\]]*)\]/, '$1')
              .replace(/(?<=^[^:]*):\d+$/, '')
              .replace(/\.$/, '');
            for (const host of HOSTS) {
              const value = host.includes(':') ? `[${host}]` : host;
              if (!list.allows(value) && !list.allows(`${value}:80`)) continue;
              const areLabelsBefore =
                /^\*?\./.test(written) &&
                host.endsWith(written.replace('*', ''));
              expect([
                host,
                `.${host}`,
                ...(areLabelsBefore ? [written] : []),
              ]).toContain(
                written.includes('/') ? host : written.replace(/:80$/, ''),
              );
            }
          }),
          { numRuns: 20_000 },
        );
      });

      it('the advice names only hosts that are written whole', () => {
        fc.assert(
          fc.property(spelling, (text) => {
            const message = errorOf([text]);
            const advice = message.slice(
              `hosts[0] ${JSON.stringify(text)} `.length,
            );
            const whole = wholeHostsOf(text);
            for (const [, named = ''] of advice.matchAll(/"([^"]+)"/g)) {
              if (
                EXAMPLES_OF_PATTERNS.includes(named) ||
                errorOf([named]) !== ''
              )
                continue;
              // The network that numbers and a "*", a netmask or host bits stand for.
              if (!/did you mean|"\*" in an address|netmask/.test(advice))
                expect(whole).toContain(named);
            }
          }),
          { numRuns: 20_000 },
        );
      });
    });
  });
});
