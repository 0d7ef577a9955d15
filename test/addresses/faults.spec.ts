import { createServer, type Server, type Socket } from 'node:net';
import { FakeEc2Metadata } from '../../src/testing/index.js';
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
import { faults, modify } from './fault-table.js';

const BUDGET_MS = 250;
/** The outcome's own limit: the application listens within its budget and 100 ms. */
const AT_MOST_MS = BUDGET_MS + 100;
const nitro = () =>
  rootWith({
    'sys/devices/virtual/dmi/id/board_asset_tag': 'i-0af01c0123456789a\n',
  });

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

it('another protocol that is offered in earnest ends the question at once', async () => {
  const offer =
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
  const port = await listening(
    createServer((socket: Socket) => {
      socket
        .on('error', () => undefined)
        .resume()
        .end(offer);
    }),
  );
  const { found } = await discover(
    { timeoutMs: 60_000 },
    machineWith({
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
    }),
  );
  expect(found.lastError).toMatch(/closed before the answer was whole/);
});

async function listening(server: Server): Promise<number> {
  later(server, () => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
