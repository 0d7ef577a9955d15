/** The lists and values of table 1. `names` is what the bare Set holds: as many strings, found by the same look-up. */

const tenant = (i) => `tenant-${i}.example.com`;
/** A walk over 0…size-1 that comes by in no order that a cache could guess. */
const scattered = (i, size) => (i * 7_368_787) % size;
const many = (count, of) => Array.from({ length: count }, (_, i) => of(i));

const octets = (bits) =>
  [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
const hextets = (i) =>
  `2001:db8:${(i >>> 16).toString(16)}:${(i & 0xffff).toString(16)}`;

/** `/24`s from 10.0.0.0 up; to every eighth belongs a network with another prefix length, `/9`–`/32`, far away. */
const networkOf4 = (i) =>
  i % 8 === 7
    ? `${octets((0x80000000 + i * 65_536) & (0xffffffff << (7 - (((i >>> 3) % 24) % 8))))}/32`
    : `${octets(0x0a000000 + i * 256)}/24`;
const networkOf6 = (i) => `${hextets(i)}::/64`;

export function exactRows(size) {
  const patterns = many(size, tenant);
  const list = { patterns, names: patterns };
  return {
    list,
    label: `${size.toLocaleString('en-US')} names`,
    size,
    rows: [
      { kind: 'listed', value: (i) => tenant(scattered(i, size)), allow: true },
      {
        kind: 'listed, with port',
        value: (i) => `${tenant(scattered(i, size))}:8443`,
        allow: true,
      },
      {
        kind: 'listed, capitals',
        value: (i) => `T${tenant(scattered(i, size)).slice(1)}`,
        allow: true,
      },
      {
        kind: 'refused',
        value: (i) => `stranger-${scattered(i, 999_983)}.example.com`,
        allow: false,
      },
    ],
  };
}

export function suffixRows(size) {
  const patterns = many(size, (i) => `.${tenant(i)}`);
  const names = many(size, tenant);
  return {
    list: { patterns, names, suffixes: true },
    label: `${size.toLocaleString('en-US')} \`.suffix\``,
    size,
    rows: [
      {
        kind: 'below',
        value: (i) => `api.${tenant(scattered(i, size))}`,
        allow: true,
      },
      {
        kind: 'below, never seen',
        value: (i) => `u${i}.${tenant(scattered(i, size))}`,
        allow: true,
      },
      {
        kind: 'refused',
        value: (i) => `api.stranger-${scattered(i, 999_983)}.example.com`,
        allow: false,
      },
    ],
  };
}

export function networkRows(size) {
  const patterns = many(size, networkOf4);
  return {
    list: {
      patterns,
      names: many(size, (i) => octets(0x0a000011 + i * 256)),
      networks: true,
    },
    label: `${size.toLocaleString('en-US')} IPv4 networks`,
    size,
    rows: [
      {
        kind: 'in one',
        value: (i) =>
          octets(0x0a000011 + Math.floor(scattered(i, size) / 8) * 2048),
        allow: true,
      },
      {
        kind: 'refused',
        value: (i) => octets(0x60000000 + scattered(i, 99_991) * 256),
        allow: false,
      },
    ],
  };
}

export function network6Rows(size) {
  const patterns = many(size, networkOf6);
  return {
    list: {
      patterns,
      names: many(size, (i) => `[${hextets(i)}::17]`),
      networks: true,
    },
    label: `${size.toLocaleString('en-US')} IPv6 networks`,
    size,
    rows: [
      {
        kind: 'in one',
        value: (i) => `[${hextets(scattered(i, size))}::17]`,
        allow: true,
      },
      {
        kind: 'refused',
        value: (i) =>
          `[2001:db9:${(i & 0xffff).toString(16)}::${(i % 9973).toString(16)}]`,
        allow: false,
      },
    ],
  };
}

/** Half names, three tenths suffixes, the rest networks. */
export function mixedRows(size) {
  const kinds = [
    tenant,
    tenant,
    tenant,
    tenant,
    tenant,
    ...many(3, () => (i) => `.${tenant(i)}`),
    networkOf4,
    networkOf6,
  ];
  const values = [
    tenant,
    tenant,
    tenant,
    tenant,
    tenant,
    ...many(3, () => (i) => `api.${tenant(i)}`),
    undefined,
    (i) => `[${hextets(i)}::17]`,
  ];
  values[8] = (i) =>
    i % 8 === 7 ? networkOf4(i).slice(0, -3) : octets(0x0a000011 + i * 256);
  const at = (of) => (i) => of[i % 10](i);
  return {
    list: {
      patterns: many(size, at(kinds)),
      names: many(size, at(values)),
      networks: true,
    },
    label: `${size.toLocaleString('en-US')} mixed`,
    size,
    rows: [
      {
        kind: "allowed, in the list's own mix",
        value: (i) => at(values)(scattered(i, size)),
        allow: true,
      },
    ],
  };
}

/** What an attacker sends, to the list that costs most. */
export function hostileRows() {
  const labels = 'a.'.repeat(126);
  // A suffix of every length that a value of one-letter labels has, and a thousand names beside them.
  const everyLength = many(126, (i) => `.${'b.'.repeat(i)}b`);
  const patterns = [
    ...everyLength,
    ...many(1000, tenant),
    ...many(
      33,
      (i) => `${octets((0xffffffff << (32 - i)) & 0xc6336400)}/${i}`,
    ).slice(3),
  ];
  const wide = [
    ...many(119, (i) => networkWithPrefix6(i + 10)),
    ...many(22, (i) => networkWithPrefix4(i + 10)),
  ];
  const long = (text) =>
    text.repeat(Math.ceil(15_000 / text.length)).slice(0, 15_000);
  const varied = (text) => (i) => `${i}${text}`.slice(0, text.length);
  return [
    {
      list: {
        patterns: [...everyLength, ...many(1000, tenant)],
        names: many(1126, tenant),
        suffixes: true,
      },
      label: 'suffixes of 126 lengths',
      rows: [
        {
          kind: '`a.a.a…`, 253 bytes',
          value: (i) => `x${i % 10}${labels}`.slice(0, 252) + 'c',
          allow: false,
        },
        {
          kind: '`b.b.b…`, 253 bytes, one label off',
          value: (i) => `${'b.'.repeat(125)}${letters[i % 24]}`,
          allow: false,
        },
        { kind: '15 kB of letters', value: varied(long('a')), allow: false },
        { kind: '15 kB of `a.a.a…`', value: varied(long('a.')), allow: false },
        { kind: '15 kB of colons', value: varied(long(':')), allow: false },
        { kind: '259 colons', value: varied(':'.repeat(259)), allow: false },
        {
          kind: 'a name and 200 colons',
          value: (i) => `tenant-${i % 1000}.example.com${':'.repeat(200)}`,
          allow: false,
        },
        {
          kind: '`listed@evil`',
          value: (i) => `tenant-${i % 1000}.example.com@evil.test`,
          allow: false,
        },
        { kind: 'dots', value: varied('.'.repeat(253)), allow: false },
        {
          kind: '`1.1.1…`, 253 bytes',
          value: (i) => `${'1.'.repeat(126)}${i % 10}`,
          allow: false,
        },
        {
          kind: '`[:::…`',
          value: (i) => `[${':'.repeat(43)}${i % 10}]`,
          allow: false,
        },
        {
          kind: '`[` and 250 digits',
          value: (i) => `[${i % 10}${'1'.repeat(250)}]`,
          allow: false,
        },
      ],
    },
    {
      list: {
        patterns: wide,
        names: many(wide.length, tenant),
        networks: true,
      },
      label: 'networks of 141 lengths',
      rows: [
        {
          kind: 'an IPv6 address in none',
          value: (i) => `[ffff:${(i & 0xffff).toString(16)}:5:6:7:8:9:a]`,
          allow: false,
        },
        {
          kind: 'the longest spelling of one',
          value: (i) =>
            `[ffff:0000:0000:0000:0000:${(0x1000 + (i & 0xfff)).toString(16)}:123.123.123.123]`,
          allow: false,
        },
        {
          kind: 'an IPv4 address in none',
          value: (i) => octets(0xf0000000 + i * 251),
          allow: false,
        },
      ],
    },
  ];
}

const letters = 'acdefghijklmnopqrstuvwxyz';
/** 4000::/10 … with only its last bit set, so that none holds another. */
const networkWithPrefix6 = (prefix) => {
  const groups = new Array(8).fill(0);
  groups[0] = 0x2000;
  groups[(prefix - 1) >> 4] |= 0x8000 >> ((prefix - 1) & 15);
  return `${groups.map((group) => group.toString(16)).join(':')}/${prefix}`;
};
const networkWithPrefix4 = (prefix) =>
  `${octets(0x40000000 | (1 << (32 - prefix)))}/${prefix}`;
