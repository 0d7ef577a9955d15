import 'reflect-metadata';
import { Controller, Get, Req } from '@nestjs/common';
import { AllowedHostsModule } from '../../src/index.js';
import { platforms, type RunningApp, start, stopAll } from '../harness.js';

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
];

describe.each(platforms)(
  'X-Forwarded-Host of a trusted proxy, on $name',
  (platform) => {
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

    it.each(sent)('%j passes: %s', async (lines, passes) => {
      const headers = lines.map((line) => `X-Forwarded-Host:${line}`);
      const { status } = await enforcing.get('/hello', 'example.com', headers);
      expect(status).toBe(passes ? 200 : 400);
      expect(reported).toHaveLength(passes ? 1 : 0);
      for (const { host, hostname } of reported) {
        expect(host).toMatch(/^(example\.com|(.+\.)?example\.org)$/);
        expect(hostname).toBe(host);
      }
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
  },
);

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
      '',
    ])('Forwarded: %s passes', async (value) => {
      expect(await statusOf([`Forwarded: ${value}`])).toBe(200);
    });

    it.each([
      'for=2001:db8::1;host=evil.example',
      'for=[2001:db8::1]:80, for=x;Host="evil.example"',
      'host =evil.example',
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
    ])('Forwarded: %s is refused', async (value) => {
      expect(await statusOf([`Forwarded: ${value}`])).toBe(400);
    });

    it('refuses a quote that one line opens and the next closes', async () => {
      const lines = ['Forwarded: for="x', 'Forwarded: host=evil.example;by="'];
      expect(await statusOf(lines)).toBe(400);
    });

    it('ignores an empty X-Forwarded-Host', async () => {
      expect(await statusOf(['X-Forwarded-Host:'])).toBe(200);
    });
  },
);
