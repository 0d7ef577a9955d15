import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { FakeEc2Metadata } from '../../src/testing/index.js';
import { budgetFor, faults, modify } from './fault-table.js';
import { fullBacklog } from './full-backlog.js';
import {
  discover,
  fakeTimeouts,
  later,
  machineWith,
  pause,
  rootWith,
  running,
  until,
  type Discovered,
} from './harness.js';

const nitro = () =>
  rootWith({
    'sys/devices/virtual/dmi/id/board_asset_tag': 'i-0af01c0123456789a\n',
  });

function expectFailure(
  { now, lines, found }: Discovered,
  message: RegExp,
): void {
  expect(now()).toEqual([]);
  expect(found.primary).toBeNull();
  expect(found.refreshedAt).toBeNull();
  expect(found.lastError).toMatch(message);
  expect(lines.logs).toEqual([]);
  expect(lines.warnings).toHaveLength(1);
  expect(lines.warnings[0]).toMatch(message);
  expect(lines.warnings[0]).toContain(
    "Could not read this machine's addresses, so requests by IP address are refused except on probe routes. Retrying in the background (logged once). ec2: ",
  );
  expect(lines.warnings[0]).toMatch(/^[\x20-\x7e…]*$/);
}

describe('a fault of the metadata service', () => {
  describe.each(faults)('that is %s', (_name, fault, message) => {
    it('is logged once, and the next refresh succeeds', async () => {
      const imds = await running(FakeEc2Metadata.start());
      imds.fault = fault;
      const discovered = await discover(
        { timeoutMs: budgetFor(fault), refreshMs: 10 },
        machineWith(imds.env, nitro()),
      );
      expectFailure(discovered, message);
      const { lines, found, now } = discovered;
      imds.fault = null;
      await until(() => found.refreshedAt !== null);
      expect(now()).toEqual(['10.0.3.17']);
      expect(found.lastError).toBeNull();
      expect(lines.warnings).toHaveLength(1);
      expect(lines.logs).toEqual([
        expect.stringMatching(
          /^Allowing this machine's addresses on every route: 10\.0\.3\.17 \(ec2, \d+ ms\)\.$/,
        ),
      ]);
    });
  });

  it('that is one 401 leads to a new token and is not logged', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'status', status: 401, on: /^GET/, times: 1 };
    const { now, lines } = await discover({}, machineWith(imds.env));
    expect(now()).toEqual(['10.0.3.17']);
    expect(lines.warnings).toEqual([]);
  });

  it('that is an expired token leads to one new token for all requests', async () => {
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

  it('that is a refused connection ends when the service starts', async () => {
    const stopped = await FakeEc2Metadata.start();
    const port = Number(new URL(stopped.url).port);
    const { env } = stopped;
    await stopped.stop();
    const discovered = await discover(
      { refreshMs: 10 },
      machineWith(env, nitro()),
    );
    expectFailure(
      discovered,
      new RegExp(
        `was refused \\(ECONNREFUSED\\)\\. Check for a firewall.* run: ${modify} --http-endpoint enabled`,
      ),
    );
    await running(FakeEc2Metadata.start({ port }));
    await until(() => discovered.found.refreshedAt !== null);
    expect(discovered.now()).toEqual(['10.0.3.17']);
  });

  it('that is a loss of all packets ends with the budget', async () => {
    const hole = later(await fullBacklog(), (child) => child.stop());
    const discovered = await discover(
      { timeoutMs: 250 },
      machineWith({ AWS_EC2_METADATA_SERVICE_ENDPOINT: hole.url }),
    );
    expectFailure(
      discovered,
      /PUT .* could not connect within \d+ ms\. Check for a firewall, a network policy or a missing route\. .*--instance-id <instance-id>/,
    );
  });

  it('that is a redirect is not followed', async () => {
    let followed = 0;
    const elsewhere = await listening(
      createServer((socket: Socket) => {
        followed++;
        socket.destroy();
      }),
    );
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'redirect', to: `http://127.0.0.1:${elsewhere}/` };
    await discover({}, machineWith(imds.env));
    expect(followed).toBe(0);
  });

  it('that is a switch to another protocol ends the request at once', async () => {
    const offer =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    const port = await listening(responding(offer));
    const { found } = await discover({ timeoutMs: 3600_000 }, machineAt(port));
    expect(found.lastError).toMatch(/PUT .* status 101\. This is not the EC2/);
  });

  it('that is an error without the end of its body is the error', async () => {
    const port = await listening(
      responding(
        'HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nForbidden',
      ),
    );
    const { found } = await discover({}, machineAt(port));
    expect(found.lastError).toMatch(/PUT .* status 403\./);
  });

  it('that is no fault, but a body in chunks, is none', async () => {
    const port = await listening(
      createHttpServer((_, response) => {
        response.write('{"Networks":[{"NetworkMode":"awsvpc",');
        response.end('"IPv4Addresses":["10.0.7.4"]}]}');
      }),
    );
    const { now } = await discover(
      {},
      machineWith({
        ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${port}/v4/a`,
      }),
    );
    expect(now()).toEqual(['10.0.7.4']);
  });

  it('that is a network without a route has its code in the log', async () => {
    const { found } = await discover(
      { platform: 'ec2' },
      machineWith({
        AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://255.255.255.255:80',
      }),
    );
    expect(found.lastError).toMatch(
      /PUT .* could not connect \(E[A-Z]+\)\. Check for a firewall/,
    );
  });

  it('that lasts for all attempts is logged, not the end of the budget between two of them', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'status', status: 503 };
    fakeTimeouts();
    const discovered = discover(
      { timeoutMs: 1_000_000 },
      machineWith({ ...imds.env, AWS_METADATA_SERVICE_NUM_ATTEMPTS: '99' }),
    );
    // The seventh attempt is later than the end of the budget.
    await until(() => imds.requests.length === 6);
    await pause(50);
    jest.advanceTimersByTime(1_000_000);
    const { found } = await discovered;
    expect(imds.requests).toHaveLength(6);
    expect(found.lastError).toMatch(/PUT .* status 503\./);
  });

  it('reports durations by the clock', async () => {
    const imds = await running(FakeEc2Metadata.start());
    imds.fault = { kind: 'silence' };
    const clock = jest.spyOn(performance, 'now').mockReturnValue(7);
    later(clock, () => clock.mockRestore());
    const { found } = await discover(
      { timeoutMs: 1500 },
      machineWith(imds.env),
    );
    expect(found.lastError).toMatch(/got no response within 0 ms\./);
  });
});

/** A server that sends these bytes to each connection and closes it. */
function responding(bytes: string): Server {
  return createServer((socket: Socket) => {
    socket
      .on('error', () => undefined)
      .resume()
      .end(bytes);
  });
}

const machineAt = (port: number) =>
  machineWith({
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
  });

async function listening(server: Server): Promise<number> {
  later(server, () => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
