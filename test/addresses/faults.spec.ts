import { createServer, type Server, type Socket } from 'node:net';
import { type Fault, FakeEc2Metadata } from '../../src/testing/index.js';
import { fullBacklog } from './full-backlog.js';
import {
  type Discovered,
  discover,
  later,
  machineWith,
  rootWith,
  running,
  until,
} from './harness.js';

const BUDGET_MS = 250;
/** The outcome's own limit: the application listens within its budget and 100 ms. */
const AT_MOST_MS = BUDGET_MS + 100;
const modify =
  'aws ec2 modify-instance-metadata-options --instance-id i-0af01c0123456789a';
const nitro = () =>
  rootWith({
    'sys/devices/virtual/dmi/id/board_asset_tag': 'i-0af01c0123456789a\n',
  });

const faults: [string, Fault, RegExp][] = [
  [
    'TCP accepts and never answers (hop limit)',
    { do: 'silence' },
    new RegExp(
      `PUT http://127\\.0\\.0\\.1:\\d+/latest/api/token connected and got no answer in \\d+ ms\\. In a container that is a hop limit of 1, run: ${modify} --http-put-response-hop-limit 2 --http-endpoint enabled$`,
    ),
  ],
  [
    'items never answered',
    { do: 'silence', on: /^GET/ },
    /GET .* connected and got no answer in \d+ ms\. The service is overloaded/,
  ],
  [
    '400',
    { do: 'status', status: 400 },
    /PUT .* status 400\. That is not the EC2 instance metadata service/,
  ],
  [
    '401 for ever',
    { do: 'status', status: 401, on: /^GET/ },
    /GET .* status 401\. Its own new token was refused/,
  ],
  [
    '403',
    { do: 'status', status: 403 },
    new RegExp(
      `PUT .* status 403\\. The service is turned off or forbidden, run: ${modify} --http-endpoint enabled$`,
    ),
  ],
  [
    '404 for the token',
    { do: 'status', status: 404 },
    /PUT .* status 404\. That is not the EC2/,
  ],
  [
    '404 for everything else',
    { do: 'status', status: 404, on: /^GET/ },
    /the instance has no address at all/,
  ],
  [
    '429',
    { do: 'status', status: 429 },
    /status 429\. The service is overloaded/,
  ],
  [
    '500',
    { do: 'status', status: 500 },
    /status 500\. The service is overloaded/,
  ],
  [
    '503',
    { do: 'status', status: 503, on: /macs/ },
    /GET .*macs\/ .* status 503\. The service is overloaded/,
  ],
  [
    'slow drip',
    { do: 'drip', everyMs: 50 },
    /PUT .* got no whole answer in \d+ ms\. .* raise addresses\.timeoutMs/,
  ],
  [
    'endless body',
    { do: 'endless' },
    /sent more than 65536 bytes\. That is not/,
  ],
  [
    'endless item',
    { do: 'endless', on: /ipv6s/ },
    /ipv6s sent more than 65536 bytes/,
  ],
  [
    'HTML error page with 200',
    { do: 'html' },
    /was answered with "<\?xml .*, which is no token\. That is not/,
  ],
  [
    'HTML error page with 200 as an item',
    { do: 'html', on: /local-ipv4s/ },
    /"<\?xml .* is not an IP address/,
  ],
  [
    'HTML error page with 200 as a listing',
    { do: 'html', on: /macs\/$/ },
    /"<\?xml .*, which is no interface/,
  ],
  [
    'not an address',
    { do: 'body', body: 'ip-10-0-3-17', on: /local-ipv4$/ },
    /"ip-10-0-3-17" is not an IP address/,
  ],
  [
    'one of them no address',
    { do: 'body', body: '10.0.3.17\n10.0.3.0/24', on: /local-ipv4s$/ },
    /"10\.0\.3\.0\/24" is not/,
  ],
  [
    'a shorthand address',
    { do: 'body', body: '127.1', on: /local-ipv4$/ },
    /"127\.1" is not an IP address/,
  ],
  [
    'an address with a zone',
    { do: 'body', body: 'fe80::1%eth0', on: /ipv6$/ },
    /"fe80::1%eth0" is not/,
  ],
  [
    'an address with blanks',
    { do: 'body', body: ' 10.0.3.17 ', on: /local-ipv4$/ },
    /" 10\.0\.3\.17 " is not an IP address/,
  ],
  [
    'an address with a carriage return',
    { do: 'body', body: '10.0.3.17\r\n', on: /local-ipv4$/ },
    /"10\.0\.3\.17\\u000d" is not/,
  ],
  [
    'a listing that leads elsewhere',
    { do: 'body', body: '../../../../user-data', on: /macs\/$/ },
    /"\.\.\/.*, which is no interface/,
  ],
  [
    'control characters',
    { do: 'body', body: '\u001b[31m\nWARN all is well', on: /local-ipv4$/ },
    /"\\u001b\[31m" is not/,
  ],
  [
    'an empty token',
    { do: 'body', body: '', on: /^PUT/ },
    /"", which is no token/,
  ],
  [
    'a redirect',
    { do: 'redirect', to: 'http://127.0.0.1:1/' },
    /PUT .* status 302\. That is not the EC2/,
  ],
  [
    'a socket closed mid-body',
    { do: 'cut' },
    /closed before the answer was whole\. The service is restarting/,
  ],
  [
    'half an address, its length not declared',
    { do: 'cut', lengthDeclared: false, on: /local-ipv4$/ },
    /did not declare the length/,
  ],
  [
    'a socket closed before any answer',
    { do: 'reset' },
    /closed before the answer was whole/,
  ],
  ['what is not HTTP', { do: 'garbage' }, /was not answered in HTTP \(HPE_/],
];

function expectPatience(
  { now, tookMs, lines, found }: Discovered,
  message: RegExp,
): void {
  expect(tookMs).toBeLessThan(AT_MOST_MS);
  expect(now()).toEqual([]);
  expect(found.primary).toBeNull();
  expect(found.refreshedAt).toBeNull();
  expect(found.lastError).toMatch(message);
  expect(lines.logs).toEqual([]);
  expect(lines.warnings).toHaveLength(1);
  expect(lines.warnings[0]).toMatch(message);
  expect(lines.warnings[0]).toMatch(/^[\x20-\x7e…]*$/);
}

describe.each(faults)('%s', (_name, fault, message) => {
  it('is said once, within the budget, and mended by the next refresh', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = fault;
    const discovered = await discover(
      { timeoutMs: BUDGET_MS, refreshMs: 10 },
      machineWith(imds.env, nitro()),
    );
    expectPatience(discovered, message);
    const { lines, found, now } = discovered;
    imds.fault = null;
    await until(() => found.refreshedAt !== null);
    expect(now()).toEqual(['10.0.3.17']);
    expect(found.lastError).toBeNull();
    expect(lines.warnings).toHaveLength(1);
    expect(lines.logs).toEqual([
      expect.stringMatching(
        /^Allowed on every route .* 10\.0\.3\.17 \(ec2, \d+ ms\)\.$/,
      ),
    ]);
  });
});

it('401 once: a new token is taken, and nothing said', async () => {
  const imds = await running(FakeEc2Metadata.start());
  imds.fault = { do: 'status', status: 401, on: /^GET/, times: 1 };
  const { now, lines } = await discover({}, machineWith(imds.env));
  expect(now()).toEqual(['10.0.3.17']);
  expect(lines.warnings).toEqual([]);
});

it('a token that expires between two calls: a new one is taken, for all calls', async () => {
  const imds = await running(FakeEc2Metadata.start());
  const { found, lines } = await discover(
    { refreshMs: 5 },
    machineWith(imds.env),
  );
  imds.expireTokens();
  const expired = () =>
    imds.requests.filter(({ status }) => status === 401).length;
  await until(() => expired() > 0);
  const seen = imds.requests.length;
  await until(() => imds.requests.length > seen + 10);
  found.close();
  expect(imds.requests.filter(({ method }) => method === 'PUT')).toHaveLength(
    2,
  );
  expect(expired()).toBeLessThanOrEqual(3);
  expect(lines.warnings).toEqual([]);
  expect(found.lastError).toBeNull();
});

it('connection refused, and the service coming up late', async () => {
  const gone = await FakeEc2Metadata.start();
  const port = Number(new URL(gone.url).port);
  const { env } = gone;
  await gone.stop();
  const discovered = await discover(
    { timeoutMs: BUDGET_MS, refreshMs: 10 },
    machineWith(env, nitro()),
  );
  expectPatience(
    discovered,
    new RegExp(
      `was refused \\(ECONNREFUSED\\)\\. Look for a firewall.* run: ${modify} --http-endpoint enabled`,
    ),
  );
  await running(FakeEc2Metadata.start({ port }));
  await until(() => discovered.found.refreshedAt !== null);
  expect(discovered.now()).toEqual(['10.0.3.17']);
});

it('black hole: packets to it are dropped', async () => {
  const hole = later(await fullBacklog(), (child) => child.stop());
  const discovered = await discover(
    { timeoutMs: BUDGET_MS },
    machineWith({ AWS_EC2_METADATA_SERVICE_ENDPOINT: hole.url }),
  );
  expectPatience(
    discovered,
    /PUT .* could not connect in \d+ ms\. Look for a firewall, a network policy or a missing route; .*--instance-id <instance-id>/,
  );
});

it('a name that cannot be resolved', async () => {
  const { lines } = await discover(
    { timeoutMs: BUDGET_MS },
    machineWith({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://not a name' }),
  );
  expect(lines.warnings[0]).toMatch(
    /AWS_EC2_METADATA_SERVICE_ENDPOINT is "http:\/\/not a name": write http:/,
  );
});

it('a redirect is not followed', async () => {
  let followed = 0;
  const elsewhere = await listening(
    createServer((socket: Socket) => {
      followed++;
      socket.destroy();
    }),
  );
  const imds = await running(FakeEc2Metadata.start());
  imds.fault = { do: 'redirect', to: `http://127.0.0.1:${elsewhere}/` };
  await discover({}, machineWith(imds.env));
  expect(followed).toBe(0);
});

async function listening(server: Server): Promise<number> {
  later(server, () => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
