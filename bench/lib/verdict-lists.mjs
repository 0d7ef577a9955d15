/**
 * The lists and values of the verdict table. `of(i)` of a row is a value that entry i of the list allows. The bare Set
 * contains exactly these values, so it contains what the list allows. A refused value is in neither of them.
 */

const many = (count, of) => Array.from({ length: count }, (_, i) => of(i));
/** Visits the numbers from 0 to size-1 in an order that no cache can predict. */
const scattered = (i, size) => (i * 7_368_787) % size;
const octets = (bits) =>
  [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
const hex = (number) => number.toString(16);

const tenant = (i) => `tenant-${i}.example.com`;
const stranger = (i) => `stranger-${scattered(i, 999_983)}.example.com`;
const below = (i) => `api.${tenant(i)}`;
const network4 = (i) => `${octets(0x0a000000 + i * 256)}/24`;
const inNetwork4 = (i) => octets(0x0a000011 + i * 256);
const network6 = (i) => `2001:db8:${hex(i >>> 16)}:${hex(i & 0xffff)}::/64`;
const inNetwork6 = (i) => `[2001:db8:${hex(i >>> 16)}:${hex(i & 0xffff)}::17]`;

const LISTS = {
  names: {
    pattern: tenant,
    rows: [
      { kind: 'listed', of: tenant },
      { kind: 'with port', of: (i) => `${tenant(i)}:8443` },
      { kind: 'in capitals', of: (i) => tenant(i).toUpperCase() },
      { kind: 'refused', refused: stranger },
    ],
  },
  '`.suffix`': {
    pattern: (i) => `.${tenant(i)}`,
    suffixes: true,
    rows: [
      { kind: 'below', of: below },
      {
        kind: 'below, each value once',
        of: below,
        value: (i, size) => `u${i}.${tenant(scattered(i, size))}`,
      },
      { kind: 'refused', refused: (i) => `api.${stranger(i)}` },
    ],
  },
  'IPv4 networks': {
    pattern: network4,
    networks: true,
    rows: [
      { kind: 'inside', of: inNetwork4 },
      {
        kind: 'refused',
        refused: (i) => octets(0x60000000 + scattered(i, 99_991) * 256),
      },
    ],
  },
  'IPv6 networks': {
    pattern: network6,
    networks: true,
    rows: [
      { kind: 'inside', of: inNetwork6 },
      {
        kind: 'refused',
        refused: (i) => `[2001:db9:${hex(i & 0xffff)}::${hex(i % 9973)}]`,
      },
    ],
  },
  'mixed (5 names, 3 suffixes, 2 networks of 10)': {
    pattern: (i) =>
      [tenant, (n) => `.${tenant(n)}`, network4, network6][kindOf(i)](i),
    networks: true,
    rows: [
      {
        kind: 'allowed',
        of: (i) => [tenant, below, inNetwork4, inNetwork6][kindOf(i)](i),
      },
      { kind: 'refused', refused: stranger },
    ],
  },
};
const kindOf = (i) => [0, 0, 0, 0, 0, 1, 1, 1, 2, 3][i % 10];

/** A list of the verdict table, with its rows. */
export function listOf(name, size) {
  const { pattern, rows, ...traits } = LISTS[name];
  return {
    name,
    size,
    label: `${size.toLocaleString('en-US')} ${name}`,
    list: { patterns: many(size, pattern), ...traits },
    rows: rows.map(({ kind, of, refused, value }) => ({
      kind,
      allow: of !== undefined,
      inSet: () => many(size, of ?? tenant),
      value: (i) =>
        refused ? refused(i) : (value?.(i, size) ?? of(scattered(i, size))),
    })),
  };
}

/** Values of an attacker, for the most expensive lists. */
export const hostileLists = () => [
  hostileNames(),
  {
    label: 'networks of 141 prefix lengths',
    list: {
      patterns: [
        ...many(119, (i) => networkOfPrefix6(i + 10)),
        ...many(22, (i) => networkOfPrefix4(i + 10)),
      ],
      networks: true,
    },
    rows: [
      hostile(
        'an IPv6 address in none',
        (i) => `[ffff:${hex(i & 0xffff)}:5:6:7:8:9:a]`,
      ),
      hostile(
        'the same, in its longest notation',
        (i) =>
          `[ffff:0000:0000:0000:0000:${hex(0x1000 + (i & 0xfff))}:123.123.123.123]`,
      ),
      hostile('an IPv4 address in none', (i) => octets(0xf0000000 + i * 251)),
    ],
  },
];

function hostileNames() {
  const filled = (text, length) => text.repeat(length).slice(0, length);
  const varied = (text) => (i) => `${i}${text}`.slice(0, text.length);
  // A suffix of each possible length, for a value with labels of one letter.
  const everyLength = many(126, (i) => `.${'b.'.repeat(i)}b`);
  return {
    label: '1,000 names and suffixes of 126 lengths',
    list: {
      patterns: [...everyLength, ...many(1000, tenant)],
      suffixes: true,
    },
    rows: [
      hostile('253 bytes of `a.a.a…`', (i) => `${'a.'.repeat(126)}${i % 10}c`),
      hostile(
        '251 bytes of `b.b.b…`, one letter off',
        (i) => `${'b.'.repeat(125)}${LETTERS[i % LETTERS.length]}`,
      ),
      hostile('15 kB of letters', varied(filled('a', 15_000))),
      hostile('15 kB of `a.a.a…`', varied(filled('a.', 15_000))),
      hostile('15 kB of colons', varied(filled(':', 15_000))),
      hostile('259 colons', varied(filled(':', 259))),
      hostile(
        'a listed name and 200 colons',
        (i) => tenant(i % 1000) + ':'.repeat(200),
      ),
      hostile('`listed@evil`', (i) => `${tenant(i % 1000)}@evil.example`),
      hostile('253 dots', varied(filled('.', 253))),
      hostile('253 bytes of `1.1.1…`', (i) => '1.'.repeat(126) + (i % 10)),
      hostile('`[:::…]`', (i) => `[${':'.repeat(43)}${i % 10}]`),
      hostile('`[` and 250 digits', (i) => `[${i % 10}${'1'.repeat(250)}]`),
    ],
  };
}

const hostile = (kind, value) => ({
  kind,
  allow: false,
  inSet: () => many(1000, tenant),
  value,
});

const LETTERS = 'acdefghijklmnopqrstuvwxyz';

/** A network for each prefix length. One different bit in each, so that none contains another. */
function networkOfPrefix6(prefix) {
  const groups = [0x2000, 0, 0, 0, 0, 0, 0, 0];
  groups[(prefix - 1) >> 4] |= 0x8000 >> ((prefix - 1) & 15);
  return `${groups.map(hex).join(':')}/${prefix}`;
}
const networkOfPrefix4 = (prefix) =>
  `${octets(0x40000000 | (1 << (32 - prefix)))}/${prefix}`;
