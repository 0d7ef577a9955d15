import 'reflect-metadata';
import { runInNewContext } from 'node:vm';
import { Controller, Get, Req } from '@nestjs/common';
import { forwardedHosts } from '../../src/hosts/forwarded.js';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, start, stopAll, type RunningApp } from '../support/app.js';

interface Reported {
  readonly host?: string | undefined;
  readonly hostname?: string | undefined;
}
let reported: Reported[] = [];

@Controller()
class AppController {
  @Get('hello')
  hello(@Req() { host, hostname }: Reported) {
    reported.push({ host, hostname });
    return 'hello';
  }
}

const moduleWith = (options: object) => ({
  module: class AppModule {},
  imports: [
    AllowedHostsModule.forRoot({
      hosts: ['example.com', '.example.org'],
      addresses: false,
      ...options,
    }),
  ],
  controllers: [AppController],
});

/** Which lines of X-Forwarded-Host a proxy sends, and whether that passes. */
const sent: [lines: string[], passes: boolean][] = [
  [[''], true],
  [[' '], true],
  [['\t'], true],
  [[' \t '], true],
  [['example.org'], true],
  [['a.example.org, b.example.org'], true],
  [['a.example.org\t,\tb.example.org'], true],
  [['a.example.org', 'b.example.org'], true],
  [['a.example.org \t,\t b.example.org'], true],
  [['evil.example'], false],
  [['evil.example, example.org'], false],
  [['example.org, evil.example'], false],
  [['example.org', 'evil.example'], false],
  [[','], false],
  [[' , '], false],
  [['a.example.org,,b.example.org'], false],
  [[',a.example.org'], false],
  [['a.example.org,'], false],
  [['', ''], false],
  [['', 'a.example.org'], false],
  [['a.example.org', ''], false],
  [[' ', 'a.example.org'], false],
  [['\xa0'], false],
  [['\xa0example.org'], false],
  [['example.org\xa0'], false],
  [['example.org,\xa0example.org'], false],
];

describe('X-Forwarded-Host and Forwarded', () => {
  describe.each(platforms)('from a trusted proxy, on $name', (platform) => {
    let enforcing: RunningApp;
    let reporting: RunningApp;
    beforeAll(async () => {
      const trusting = { adapter: () => platform.adapter('loopback') };
      enforcing = await start(moduleWith({}), trusting);
      reporting = await start(moduleWith({ mode: 'report' }), trusting);
    });
    beforeEach(() => {
      reported = [];
    });
    afterAll(stopAll);

    it.each(sent)('is allowed with the lines %j: %s', async (lines, passes) => {
      const headers = lines.map((line) => `X-Forwarded-Host:${line}`);
      const { status } = await enforcing.get('/hello', 'example.com', headers);
      expect(status).toBe(passes ? 200 : 400);
      expect(reported).toHaveLength(passes ? 1 : 0);
      for (const { host, hostname } of reported) {
        expect(host).toMatch(/^(example\.com|(.+\.)?example\.org)$/);
        expect(hostname).toBe(host);
      }
    });

    it('does not replace a refused Host', async () => {
      const { status } = await enforcing.get('/hello', 'evil.example', [
        'X-Forwarded-Host: example.com',
      ]);
      expect(status).toBe(400);
      expect(reported).toEqual([]);
    });

    it('is ignored only where the framework reports Host', async () => {
      for (const [lines] of sent) {
        const headers = lines.map((line) => `X-Forwarded-Host:${line}`);
        await reporting.get('/hello', 'example.com', headers);
      }
      const ignored = sent.map(
        ([[line = '', ...more]]) =>
          more.length === 0 && line.replaceAll(/[ \t]/g, '') === '',
      );
      expect(reported.map(({ host }) => host === 'example.com')).toEqual(
        ignored,
      );
    });
  });

  describe.each(platforms)(
    "with forwardedHost: 'always', on $name",
    (platform) => {
      let app: RunningApp;
      beforeAll(async () => {
        app = await start(moduleWith({ forwardedHost: 'always' }), platform);
      });
      afterAll(stopAll);

      const statusOf = async (lines: string[]) =>
        (await app.get('/hello', 'example.com', lines)).status;

      it.each([
        'for=2001:db8::1',
        'for=[2001:db8::1]:80',
        'by=10.0.0.1;for=2001:db8::1;host=example.org;proto=https',
        'for=[2001:db8::1]:80;proto=https, for=10.0.0.1:4711',
        'for=a b/c@d, host=a.example.org',
        'host=example.org:8443',
        'for=1.2.3.4;host="example.com:8443", for=_x;HOST=a.example.org',
        '',
      ])('allows Forwarded: %s', async (value) => {
        expect(await statusOf([`Forwarded: ${value}`])).toBe(200);
      });

      it.each([
        'for=2001:db8::1;host=evil.example',
        'for=[2001:db8::1]:80, for=x;Host="evil.example"',
        'host =evil.example',
        'host=example.com, host="evil.example"',
        'host="example.com',
        'host=example.org;host=evil.example',
        'host=example.org evil.example',
        'host= example.org',
        'host',
        'host=',
        'for="x',
        'for=a"b;host=evil.example',
        'for="a"b;host=evil.example',
        'for= "a;host=evil.example"',
        'for=\\";host=evil.example',
      ])('refuses Forwarded: %s', async (value) => {
        expect(await statusOf([`Forwarded: ${value}`])).toBe(400);
      });

      it('refuses a quote that one line opens and the next closes', async () => {
        const lines = [
          'Forwarded: for="x',
          'Forwarded: host=evil.example;by="',
        ];
        expect(await statusOf(lines)).toBe(400);
      });

      it.each([
        ['evil.example', 400],
        ['example.com', 200],
      ])('responds to X-Forwarded-Host: %s with %d', async (value, status) => {
        expect(await statusOf([`X-Forwarded-Host: ${value}`])).toBe(status);
      });

      it('ignores an empty X-Forwarded-Host', async () => {
        expect(await statusOf(['X-Forwarded-Host:'])).toBe(200);
      });
    },
  );

  it('Forwarded is read in linear time', () => {
    // Quadratic time would be hours at this length, so the limit is generous and independent of the machine.
    const value = `;${' '.repeat(5_000_000)}@`;
    const hosts = runInNewContext(
      'forwardedHosts(value)',
      { forwardedHosts, value },
      { timeout: 60_000 },
    );
    expect(hosts).toEqual([]);
  });
});
