import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { detachString } from '../../src/hosts/detach-string.js';
import { HostList, parseHostHeader } from '../../src/index.js';

/** Any value that Node can put into a header: bytes as latin1 characters. */
const latin1 = fc
  .uint8Array({ maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Values near the listed names, which random bytes never come to. */
const nearMiss = fc
  .array(
    fc.constantFrom(
      'example.com',
      'sub.example.org',
      'x',
      'EXAMPLE',
      '.',
      '-',
      ':',
      ':80',
      '@',
      '/',
      '#',
      '?',
      '\\',
      ' ',
      '%',
      '[',
      ']',
      '::1',
      '\0',
      ',',
      'a.',
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const value = fc.oneof(latin1, nearMiss);

/** The eight groups of an address, by Node's URL parser, and two more ways to write them. */
function groups(text: string): string[] {
  const hex = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = hex.split('::');
  const left = head.split(':').filter(Boolean);
  const right = (tail ?? '').split(':').filter(Boolean);
  return [
    ...left,
    ...Array.from({ length: 8 - left.length - right.length }, () => '0'),
    ...right,
  ];
}
const padded = (text: string) =>
  groups(text)
    .map((group) => group.padStart(4, '0'))
    .join(':');
const mixed = (text: string) => {
  const all = groups(text);
  const bits = all.slice(6).map((group) => Number.parseInt(group, 16));
  return `${all.slice(0, 6).join(':')}:${bits.flatMap((group) => [group >> 8, group & 255]).join('.')}`;
};

/** The first address of a network: what the list's own error message says to write. */
function lowest(base: string, prefix: number): string {
  try {
    HostList.from([`${base}/${prefix}`]);
    return base;
  } catch (error) {
    return /did you mean "([^/]+)/.exec(String(error))?.[1] ?? base;
  }
}

describe('hosts, whatever the input', () => {
  describe('parseHostHeader', () => {
    it('never throws, and what it accepts is canonical', () => {
      fc.assert(
        fc.property(value, (text) => {
          const host = parseHostHeader(text);
          if (!host.ok) return;
          const written =
            host.kind === 'ipv6' ? `[${host.hostname}]` : host.hostname;
          expect(parseHostHeader(written)).toEqual({
            ...host,
            port: undefined,
          });
          expect(host.hostname).toMatch(/^[a-z0-9_.:-]+$/);
        }),
        { numRuns: 20_000 },
      );
    });

    it('reads every spelling of an IPv6 address as one', () => {
      fc.assert(
        fc.property(fc.ipV6(), (text) => {
          const host = parseHostHeader(`[${text}]`);
          const canonical = new SocketAddress({ address: text, family: 'ipv6' })
            .address;
          const spellings = [
            text.toUpperCase(),
            canonical,
            padded(text),
            mixed(text),
          ];
          for (const spelling of spellings) {
            expect(parseHostHeader(`[${spelling}]`)).toEqual(host);
          }
          if (!host.ok) throw new Error(`${text} was refused: ${host.detail}`);
          // Node writes IPv4-compatible addresses mixed too, which RFC 5952 does not ask for.
          if (!/^::[\d.]+$/.test(canonical))
            expect(host.hostname).toBe(canonical);
        }),
        { numRuns: 5_000 },
      );
    });

    it('takes for IPv4 what Node takes for canonical IPv4', () => {
      const octet = fc.oneof(
        fc.nat(300).map(String),
        fc.constantFrom('00', '01', '0x1', '', '256'),
      );
      fc.assert(
        fc.property(
          fc.array(octet, { minLength: 1, maxLength: 5 }),
          (octets) => {
            const text = octets.join('.');
            const host = parseHostHeader(text);
            expect(host.ok && host.kind === 'ipv4').toBe(isIPv4(text));
          },
        ),
      );
    });
  });

  describe('HostList', () => {
    const patterns = ['example.com', '.sub.example.org'];

    it('allows only the listed names and those below them', () => {
      const list = HostList.from(patterns);
      fc.assert(
        fc.property(value, (text) => {
          if (!list.allows(text)) return;
          const name = text
            .toLowerCase()
            .replace(/:\d+$/, '')
            .replace(/\.$/, '');
          expect(name).toMatch(
            /^(?:example\.com|(?:[a-z0-9_-]+\.)*sub\.example\.org)$/,
          );
        }),
        { numRuns: 20_000 },
      );
    });

    it('does not depend on the order of its patterns', () => {
      const pool = [
        'example.com',
        '.sub.example.org',
        '*.x',
        'a.x:80',
        '10.0.0.0/8',
        'fd00::/8',
        '[::1]',
        /x.*/,
      ];
      const host = fc.oneof(
        nearMiss,
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
        fc.constantFrom('a.x:80', 'b.x', '10.1.2.3', '[fd00::1]', '[::1]:1'),
      );
      fc.assert(
        fc.property(
          fc.shuffledSubarray(pool, { minLength: 1 }),
          host,
          (list, text) => {
            const sorted = pool.filter((pattern) => list.includes(pattern));
            expect(HostList.from(list).allows(text)).toBe(
              HostList.from(sorted).allows(text),
            );
          },
        ),
        { numRuns: 5_000 },
      );
    });

    it('says of a value as written what it says of the host that is read', () => {
      const pattern = fc.constantFrom(
        'example.com',
        'EXAMPLE.x:80',
        '.sub.example.org',
        '*.example.com:443',
        '10.0.0.0/8',
        '10.1.2.3:80',
        'fd00::/8',
        '[fd00::1]:80',
        '[::1]',
        'x',
      );
      const host = fc
        .tuple(
          fc.constantFrom('', '', 'a.', 'A.b.', '.', '-_'),
          fc.constantFrom(
            'example.com',
            'Example.X',
            'sub.example.ORG',
            '10.1.2.3',
            '10.01.2.3',
            '[fd00::1]',
            '[FD00:0::1]',
            '[fd00::1',
            '[::1]',
            '[::]]',
            'x',
          ),
          fc.constantFrom('', '.', '..', ']', '1'),
          fc.constantFrom('', ':', ':80', ':080', ':443', ':65536', ':0000080'),
        )
        .map((parts) => parts.join(''));
      fc.assert(
        fc.property(
          fc.array(pattern, { minLength: 1, maxLength: 6 }),
          fc.oneof(host, value),
          (patterns, text) => {
            const read = parseHostHeader(text);
            const list = HostList.from(patterns);
            expect(list.allows(text)).toBe(read.ok && list.matches(read));
          },
        ),
        { numRuns: 20_000 },
      );
    });

    it('says the same of a value whatever it was asked before', () => {
      const patterns = ['example.com', '.sub.example.org', 'a.x:80', '::/8'];
      const values = fc.array(
        fc.constantFrom(
          '',
          'example.com',
          'EXAMPLE.com',
          'example.com:80',
          'example.con',
          'a.sub.example.org',
          'a.x:80',
          'a.x:81',
          '[::1]',
          '[::1',
        ),
        { minLength: 2, maxLength: 8, size: 'max' },
      );
      fc.assert(
        fc.property(values, (texts) => {
          const list = HostList.from(patterns);
          expect(texts.map((text) => list.allows(text))).toEqual(
            texts.map((text) => HostList.from(patterns).allows(text)),
          );
        }),
        { numRuns: 2_000 },
      );
    });

    it('agrees with Node on networks', () => {
      const v4 = fc.tuple(fc.ipV4(), fc.nat(32), fc.ipV4());
      const v6 = fc.tuple(fc.ipV6(), fc.nat(128), fc.ipV6());
      fc.assert(
        fc.property(fc.oneof(v4, v6), ([base, prefix, other]) => {
          const family = isIPv6(base) ? 'ipv6' : 'ipv4';
          const network = new BlockList();
          network.addSubnet(base, prefix, family);
          const list = HostList.from([`${lowest(base, prefix)}/${prefix}`]);
          for (const text of [base, other]) {
            expect(list.allows(family === 'ipv6' ? `[${text}]` : text)).toBe(
              network.check(text, family),
            );
          }
        }),
        { numRuns: 3_000 },
      );
    });
  });

  it('a detached string equals its original', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(detachString(text)).toBe(text);
      }),
    );
  });
});
