import {
  claimedHosts,
  type HostRequest,
} from '../../src/hosts/claimed-hosts.js';
import { HostList, parseHostHeader } from '../../src/index.js';

const label = (length: number) => 'a'.repeat(length);
/** A name of 253 characters in all, which is the longest. */
const LONGEST = [63, 63, 63, 61].map(label).join('.');

const READ = { xForwardedHost: true, forwarded: true };
const faultOf = (request: HostRequest) => claimedHosts(request, READ).fault;

describe('faults', () => {
  describe('parseHostHeader()', () => {
    it.each([
      [undefined, 'missing', 'it is missing or empty'],
      [null, 'missing', 'it is missing or empty'],
      ['', 'missing', 'it is missing or empty'],
      [['a.com'], 'malformed', 'it is not a string'],
      [`${LONGEST}a`, 'malformed', 'it is longer than a host can be'],
      [`${LONGEST}a.:65535`, 'malformed', 'it is longer than a host can be'],
      ['['.repeat(261), 'malformed', 'it is longer than a host can be'],
      ['[::1', 'malformed', 'its brackets do not contain an IPv6 address'],
      ['[]', 'malformed', 'its brackets do not contain an IPv6 address'],
      ['.a.com', 'malformed', 'a label is empty or longer than 63 characters'],
      ['a..com', 'malformed', 'a label is empty or longer than 63 characters'],
      [':80', 'malformed', 'a label is empty or longer than 63 characters'],
      [
        `${label(64)}.com`,
        'malformed',
        'a label is empty or longer than 63 characters',
      ],
      [label(64), 'malformed', 'a label is empty or longer than 63 characters'],
      [
        'a b.com',
        'malformed',
        'it contains a character that is not allowed in a host',
      ],
      [
        '127.1',
        'malformed',
        'it ends in a number but is not an IPv4 address of four decimal numbers',
      ],
      [
        '127.0.0.1.',
        'malformed',
        'it ends in a number but is not an IPv4 address of four decimal numbers',
      ],
      [
        'a.com:',
        'malformed',
        'the text after its host is not a port from 0 to 65535',
      ],
      [
        'a.com:65536',
        'malformed',
        'the text after its host is not a port from 0 to 65535',
      ],
      [
        'a.com:000080',
        'malformed',
        'the text after its host is not a port from 0 to 65535',
      ],
      [
        'a.com:8/',
        'malformed',
        'the text after its host is not a port from 0 to 65535',
      ],
      [
        'a.com:8:',
        'malformed',
        'the text after its host is not a port from 0 to 65535',
      ],
      [
        '[::1]x80',
        'malformed',
        'the text after its host is not a port from 0 to 65535',
      ],
    ])('%j is %s: %s', (value, fault, detail) => {
      expect(parseHostHeader(value as string)).toEqual({
        ok: false,
        fault,
        detail,
      });
    });

    it.each([
      ['A_1-z.com', 'name', 'a_1-z.com', undefined],
      ['a.com.:0', 'name', 'a.com', 0],
      [`${label(63)}.com:00080`, 'name', `${label(63)}.com`, 80],
      [label(63), 'name', label(63), undefined],
      [`${LONGEST}.:65535`, 'name', LONGEST, 65_535],
      ['0x', 'ipv4', undefined, undefined],
      ['a.0xg', 'name', 'a.0xg', undefined],
      ['1a', 'name', '1a', undefined],
      ['a.1-2', 'name', 'a.1-2', undefined],
      ['a.10x1', 'name', 'a.10x1', undefined],
      ['a.0x7f:80', 'ipv4', undefined, undefined],
      ['10.0.0.0', 'ipv4', '10.0.0.0', undefined],
      ['10.0.0.110', 'ipv4', '10.0.0.110', undefined],
      ['10.0.3.17:9', 'ipv4', '10.0.3.17', 9],
      ['255.255.255.255', 'ipv4', '255.255.255.255', undefined],
      ['[2001:DB8:0::1]:443', 'ipv6', '2001:db8::1', 443],
      ['[::FFFF:10.0.0.1]', 'ipv6', '::ffff:10.0.0.1', undefined],
      ['[1:0:0:2:0:0:0:3]', 'ipv6', '1:0:0:2::3', undefined],
      ['[1:0:0:2:3:0:0:4]', 'ipv6', '1::2:3:0:0:4', undefined],
      ['[1:0:2:3:4:5:6:7]', 'ipv6', '1:0:2:3:4:5:6:7', undefined],
      ['[1::ffff:a00:1]', 'ipv6', '1::ffff:a00:1', undefined],
      ['[::2:3:4:5:6:7:8]', 'ipv6', '0:2:3:4:5:6:7:8', undefined],
      ['[::2:3:4:5:6:1.2.3.4]', 'ipv6', '0:2:3:4:5:6:102:304', undefined],
      ['[::2:3:4:5:6:7:1.2.3.4]', 'ipv6', undefined, undefined],
      ['[::2:3:4:5:6:7:8:1.2.3.4]', 'ipv6', undefined, undefined],
      ['[::1.2.3]', 'ipv6', undefined, undefined],
      ['[::1.2.3.256]', 'ipv6', undefined, undefined],
      ['[::a0b:10f:100]', 'ipv6', '::a0b:10f:100', undefined],
    ])('reads %j as %s %s', (value, kind, hostname, port) => {
      const host = parseHostHeader(value);
      if (hostname === undefined) expect(host.ok).toBe(false);
      else expect(host).toEqual({ ok: true, kind, hostname, port });
    });
  });

  describe('parseHostHeader() and networks', () => {
    const everyAddress = HostList.from(['0.0.0.0/0', '::/0']);

    it.each([
      '1.x.3.4',
      '1.1-.3.4',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.04',
      '[:]',
      '[::1',
      '[::12',
      '[::1::2]',
      '[1::2::3]',
      '[::1:]',
      '[:1::]',
      '[::12345]',
      '[::g]',
      '[::1-2]',
      '[1:2:3:4:5:6:7:8:]',
      '[1:2:3:4:5:6:7:8:9]',
      '[1::2:3:4:5:6:7:8:9]',
      '[::1..2.3]',
      '[::.1.2.3]',
      '[::1.2.3.]',
      '[1:2:3:4:5:6:7:1.2.3.4]',
    ])('reject %s', (value) => {
      expect(parseHostHeader(value)).toMatchObject({ fault: 'malformed' });
      expect(everyAddress.allows(value)).toBe(false);
    });
  });

  describe('claimedHosts()', () => {
    it.each<[string, HostRequest, object]>([
      [
        'no host',
        { headers: {} },
        {
          reason: 'missing',
          source: 'Host',
          value: undefined,
          detail: 'the request names no host',
        },
      ],
      [
        'a host in X-Forwarded-Host only',
        { headers: { 'x-forwarded-host': 'a.com' } },
        {
          reason: 'missing',
          source: 'Host',
          value: undefined,
          detail: 'the request names no host',
        },
      ],
      [
        'an empty Host',
        { headers: { host: '' } },
        {
          reason: 'missing',
          source: 'Host',
          value: undefined,
          detail: 'the request names no host',
        },
      ],
      [
        'two Host lines',
        {
          headers: { host: 'a.com' },
          rawHeaders: ['Host', 'a.com', 'X', 'host', 'hOST', 'b.com'],
        },
        {
          reason: 'ambiguous',
          source: 'Host',
          value: 'a.com, b.com',
          detail: 'there is more than one Host line',
        },
      ],
      [
        'two hosts in a mock',
        { headers: { host: ['a.com', 'b.com'] } },
        {
          reason: 'ambiguous',
          source: 'Host',
          value: 'a.com, b.com',
          detail: 'there is more than one Host line',
        },
      ],
      [
        'a malformed Host',
        { headers: { host: 'a b' } },
        {
          reason: 'malformed',
          source: 'Host',
          value: 'a b',
          detail: 'it contains a character that is not allowed in a host',
        },
      ],
      [
        'another :authority',
        {
          headers: { host: 'a.com', ':authority': 'b.com', ':scheme': 'https' },
        },
        {
          reason: 'conflicting',
          source: ':authority',
          value: 'b.com',
          detail: 'it does not match Host',
        },
      ],
      [
        'the port of another scheme in :authority',
        {
          headers: {
            host: 'a.com',
            ':authority': 'a.com:80',
            ':scheme': 'https',
          },
        },
        {
          reason: 'conflicting',
          source: ':authority',
          value: 'a.com:80',
          detail: 'it does not match Host',
        },
      ],
      [
        'an address in the target that looks like the name',
        { headers: { host: '[::1]' }, url: 'http://[::2]/' },
        {
          reason: 'conflicting',
          source: 'request target',
          value: '[::2]',
          detail: 'it does not match Host',
        },
      ],
      [
        'a target that differs although :authority does not',
        {
          headers: { host: 'a.com', ':authority': 'a.com' },
          url: 'http://b.com',
        },
        {
          reason: 'conflicting',
          source: 'request target',
          value: 'b.com',
          detail: 'it does not match Host',
        },
      ],
      [
        'an empty entry of X-Forwarded-Host',
        { headers: { host: 'a.com', 'x-forwarded-host': ', a.com' } },
        {
          reason: 'malformed',
          source: 'X-Forwarded-Host',
          value: '',
          detail: 'it is missing or empty',
        },
      ],
      [
        'a target without Host',
        { headers: {}, url: 'http://a.com/' },
        {
          reason: 'conflicting',
          source: 'request target',
          value: 'a.com',
          detail: 'it does not match Host',
        },
      ],
      [
        'a target that is no URL',
        { headers: { host: 'a.com' }, url: 'x http://a.com' },
        {
          reason: 'malformed',
          source: 'request target',
          value: 'x http://a.com',
          detail: 'the target is neither a path nor an absolute URL',
        },
      ],
      [
        '"*" without OPTIONS',
        { headers: { host: 'a.com' }, url: '*', method: 'GET' },
        {
          reason: 'malformed',
          source: 'request target',
          value: '*',
          detail: 'the target is neither a path nor an absolute URL',
        },
      ],
      [
        'another target of OPTIONS',
        { headers: { host: 'a.com' }, url: 'b.com', method: 'OPTIONS' },
        {
          reason: 'malformed',
          source: 'request target',
          value: 'b.com',
          detail: 'the target is neither a path nor an absolute URL',
        },
      ],
      [
        'a malformed target of CONNECT',
        { headers: { host: 'a.com' }, url: 'a.com:x', method: 'CONNECT' },
        {
          reason: 'malformed',
          source: 'request target',
          value: 'a.com:x',
          detail: 'the text after its host is not a port from 0 to 65535',
        },
      ],
      [
        'a malformed X-Forwarded-Host',
        { headers: { host: 'a.com', 'x-forwarded-host': 'a.com,' } },
        {
          reason: 'malformed',
          source: 'X-Forwarded-Host',
          value: '',
          detail: 'it is missing or empty',
        },
      ],
      [
        'a Forwarded that does not parse',
        { headers: { host: 'a.com', forwarded: 'for="' } },
        {
          reason: 'malformed',
          source: 'Forwarded',
          value: 'for="',
          detail: 'the header cannot be parsed',
        },
      ],
      [
        'a malformed host in Forwarded',
        { headers: { host: 'a.com', forwarded: 'host=a..com' } },
        {
          reason: 'malformed',
          source: 'Forwarded',
          value: 'a..com',
          detail: 'a label is empty or longer than 63 characters',
        },
      ],
    ])('finds %s', (_, request, fault) => {
      expect(faultOf(request)).toEqual(fault);
    });

    it.each<[string, HostRequest]>([
      ['a path', { headers: { host: 'a.com' }, url: '/http://b.com' }],
      [
        '"*" of OPTIONS',
        { headers: { host: 'a.com' }, url: '*', method: 'OPTIONS' },
      ],
      [
        'the same target of CONNECT',
        { headers: { host: 'a.com:80' }, url: 'a.com:80', method: 'CONNECT' },
      ],
      [
        'HTTPS and its port',
        { headers: { host: 'a.com' }, url: 'HTTPS://a.com:443?x' },
      ],
      ['ws and its port', { headers: { host: 'a.com:80' }, url: 'ws://a.com' }],
      [
        'wss and its port',
        { headers: { host: 'a.com:443' }, url: 'wss://a.com#x' },
      ],
      [
        ':authority and its port',
        {
          headers: {
            host: 'a.com',
            ':authority': 'a.com:443',
            ':scheme': 'https',
          },
        },
      ],
      [':authority alone', { headers: { ':authority': 'a.com' } }],
      [
        'an empty X-Forwarded-Host',
        { headers: { host: 'a.com', 'x-forwarded-host': ' ' } },
      ],
      [
        'a header of four letters',
        {
          headers: { host: 'a.com' },
          rawHeaders: [
            'Host',
            'a.com',
            'Date',
            'today',
            'x',
            'Host',
            'y',
            'host',
          ],
        },
      ],
    ])('finds no fault in %s', (_, request) => {
      expect(faultOf(request)).toBeUndefined();
    });

    it('finds each host with its source, but no header that is not read', () => {
      const request = {
        headers: {
          host: 'A.com',
          ':authority': 'a.com',
          'x-forwarded-host': 'b.com, c.com',
          forwarded: 'host=d.com',
        },
        url: 'http://a.com/',
      };
      const sourcesOf = (read: typeof READ, { headers, url } = request) =>
        claimedHosts({ headers, url }, read).claims.map(
          ({ source, value, host }) => `${source} ${value} ${host.hostname}`,
        );
      const always = [
        'Host A.com a.com',
        ':authority a.com a.com',
        'request target a.com a.com',
      ];
      expect(sourcesOf(READ)).toEqual([
        ...always,
        'X-Forwarded-Host b.com b.com',
        'X-Forwarded-Host c.com c.com',
        'Forwarded d.com d.com',
      ]);
      expect(sourcesOf({ xForwardedHost: false, forwarded: false })).toEqual(
        always,
      );
      const headers = { host: 'A.com' } as typeof request.headers;
      expect(sourcesOf(READ, { headers, url: '/' })).toEqual([
        'Host A.com a.com',
      ]);
    });

    it('parses each line of Forwarded, because Node joins them', () => {
      const lines = ['for="x', 'host=b.com;by="'];
      const headers = { host: 'a.com', forwarded: lines.join(', ') };
      const rawHeaders = ['Host', 'a.com'].concat(
        lines.flatMap((line) => ['Forwarded', line]),
      );
      expect(faultOf({ headers })).toBeUndefined();
      expect(faultOf({ headers, rawHeaders })?.source).toBe('Forwarded');
    });
  });
});
