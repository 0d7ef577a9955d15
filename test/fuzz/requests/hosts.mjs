export const ALLOWED = [
  'example.com',
  'EXAMPLE.com',
  'example.com.',
  'example.com:8443',
  'example.com:65535',
  'example.org',
  'a.example.org',
  'A_b.c.example.org.:1',
  'x.example.net',
  'pin.example.com:8443',
  'tenant-7.example.dev',
  '10.0.3.4',
  '10.0.255.255:80',
  '[fd00::1]',
  '[FD12:0:0::9]:3000',
  '[2001:db8::1]',
  '[2001:DB8:0:0:0:0:0:1]:80',
];
const FOREIGN = [
  'evil.example',
  'admin.example.com',
  'slow.example',
  'localhost',
  'localhost:3000',
  'example.net',
  'example.com.evil.example',
  'evilexample.org',
  'a.example.com',
  'pin.example.com',
  'pin.example.com:8444',
  'tenant-.example.dev',
  'tenant-7.example.dev.evil.example',
  'xn--exmple-cua.com',
  '127.0.0.1',
  '10.1.0.1',
  '11.0.0.1:80',
  '[::1]',
  '[fe80::1]',
  '[2001:db8::2]',
  '[::ffff:10.0.0.1]',
  '[::10.0.0.1]',
];
const MALFORMED = [
  '',
  ' ',
  '*',
  '127.1',
  '0x7f000001',
  '2130706433',
  '0177.0.0.1',
  '10.0.0.01',
  '10.0.0.1.',
  '10.0.0.256',
  '1.2.3.4.5',
  'example.0x',
  'example.com:',
  'example.com:65536',
  'example.com:000080',
  'example.com:x',
  'example.com:-1',
  'example.com:80:80',
  'user@example.com',
  'example.com@evil.example',
  'example.com:80@evil.example',
  'example.com/',
  'example.com\\evil.example',
  'example.com?evil.example',
  'example.com#evil.example',
  'example.com, evil.example',
  'example.com,example.com',
  'example.com evil.example',
  'example.com\tevil.example',
  'example.com;evil.example',
  'http://example.com',
  '"example.com"',
  '%65xample.com',
  'example.com%00',
  'ex\xe4mple.com',
  'example.com\xa0',
  '\xa0example.com',
  '\xef\xbb\xbfexample.com',
  'example.com\x85',
  'example.com\x0b',
  'example.com\x01',
  'example.com\x7f',
  '.example.com',
  'example..com',
  'example.com..',
  'fd00::1',
  '[fd00::1',
  '[fd00::1]x',
  '[fd00::1]:',
  '[fd00::1]:99999',
  '[fd00::1%eth0]',
  '[fd00::1%25eth0]',
  '[v1.fd00]',
  '[]',
  '[10.0.0.1]',
  '[fd00:::1]',
  '[1:2:3:4:5:6:7:8:9]',
  '__proto__',
  'constructor',
];
/** Hosts whose state changes while the application runs; see server/changing-hosts.mjs. */
const CHANGING = [
  'list-a.example',
  'list-b.example:8080',
  'both.example',
  ...['yes', 'no', 'flip', 'throws'].flatMap((result) =>
    [1, 2, 3, 4].map((n) => `${result}-${n}.tenant.example`),
  ),
];
const alphabet = 'aZ0_-.:[]@/\\?#%,;= \t"\xa0\xe4\xad\xff\x7f';

/** Returns the value of a header that names a host: allowed, foreign, malformed, mutated or long. */
export function hostValue(random) {
  const kind = random.below(100);
  if (kind < 43) return random.pick(ALLOWED);
  if (kind < 55) return changingHost(random);
  if (kind < 70) return random.pick(FOREIGN);
  if (kind < 85) return random.pick(MALFORMED);
  if (kind < 97)
    return mangled(random, random.pick(random.chance(0.8) ? ALLOWED : FOREIGN));
  const long = 'a'.repeat(random.pick([63, 64, 200]));
  return random.pick([
    `${long}.example.org`,
    `${'a.'.repeat(random.pick([120, 121, 122, 3000]))}example.org`,
    `example.com:${'0'.repeat(random.pick([2, 4, 900]))}80`,
    `[${'0:'.repeat(random.pick([7, 8, 500]))}1]`,
  ]);
}

function changingHost(random) {
  if (random.chance(0.002)) return 'hangs.tenant.example';
  if (random.chance(0.9)) return random.pick(CHANGING);
  const result = random.pick(['yes', 'no', 'flip']);
  return `${result}-${random.below(100_000)}.tenant.example`;
}

/** Changes ASCII letters only: toUpperCase() maps some latin1 characters to others outside latin1. */
export const upperCase = (text) =>
  text.replace(/[a-z]/g, (letter) => letter.toUpperCase());

/** Inserts, removes or replaces one or two characters, or turns the rest to upper case. */
export function mangled(random, text) {
  let result = text;
  for (let times = 1 + random.below(2); times > 0; times--) {
    const at = random.below(result.length + 1);
    const before = result.slice(0, at);
    const character = random.pick(alphabet);
    result = random.pick([
      () => before + character + result.slice(at),
      () => before + result.slice(at + 1),
      () => before + character + result.slice(at + 1),
      () => before + upperCase(result.slice(at)),
    ])();
  }
  return result;
}
