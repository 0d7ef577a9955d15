import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { certificate } from '../e2e/matrix/certificate.js';
import { freePort } from '../support/processes.mjs';
import { checkJson, runCli } from './capture.js';
import { closeServers, httpServer, listen, tcpServer } from './servers.js';

afterEach(closeServers);

/** The whole output of a check that cannot be made. */
async function failureOf(url: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runCli(['check', url, ...args]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr.replace(/^Sending .*\n/, '');
}

const local = (port: number, scheme = 'http') =>
  `${scheme}://127.0.0.1:${port}/`;

/** A server that sends these bytes as soon as something arrives. */
const saying = (bytes: string) =>
  tcpServer((socket) => socket.on('data', () => socket.write(bytes, 'latin1')));

const tlsServer = () =>
  listen(
    createTlsServer(certificate(), (_request, response) =>
      response.end('Hello World'),
    ),
  );

describe('a check of a server that', () => {
  it('is not there', async () => {
    const port = await freePort();
    expect(await failureOf(local(port))).toMatch(
      /^Nothing listens on 127\.0\.0\.1:\d+ \(ECONNREFUSED\): check the port, and start the server\..*\n$/,
    );
  });

  it('has no address', async () => {
    expect(await failureOf('http://no-such-host.invalid/')).toMatch(
      /^The name no-such-host\.invalid (has no address|could not be looked up)/,
    );
  });

  it('accepts connections and hangs', async () => {
    const port = await tcpServer(() => undefined);
    expect(await failureOf(local(port), '--timeout', '200')).toBe(
      `127.0.0.1:${port} accepted the connection, but did not respond within 200 ms. The server hangs or waits for something: look at its log, or wait longer with --timeout.\n`,
    );
  });

  it.each([
    [
      'resets the connection',
      (socket: Socket) => void socket.resetAndDestroy(),
    ],
    ['closes the connection', (socket: Socket) => void socket.end()],
  ])('%s', async (_about, handler) => {
    const port = await tcpServer(handler);
    expect(await failureOf(local(port))).toMatch(
      /^127\.0\.0\.1:\d+ closed the connection without a response/,
    );
  });

  it('talks TLS where the URL says http', async () => {
    const port = await tlsServer();
    expect(await failureOf(local(port))).toBe(
      `127.0.0.1:${port} speaks TLS: write https://127.0.0.1:${port}/\n`,
    );
  });

  it('talks TLS and responds to plain HTTP, as nginx does', async () => {
    const body = 'The plain HTTP request was sent to HTTPS port';
    const port = await httpServer((_request, response) =>
      response.writeHead(400).end(body),
    );
    expect(await failureOf(local(port))).toMatch(/ speaks TLS: write https:/);
  });

  it('talks plain HTTP where the URL says https', async () => {
    const port = await httpServer((_request, response) => response.end());
    expect(await failureOf(local(port, 'https'))).toMatch(
      /^127\.0\.0\.1:\d+ does not speak TLS .*: write http:\/\/127\.0\.0\.1:\d+\//,
    );
  });

  it('has a certificate that nobody trusts', async () => {
    const port = await tlsServer();
    expect(await failureOf(local(port, 'https'))).toMatch(
      /^The certificate of 127\.0\.0\.1:\d+ is not trusted \(.*\): .* add --insecure/,
    );
    const { report, statuses } = await checkJson(
      local(port, 'https'),
      '--insecure',
    );
    expect(statuses('browser')).toContain(200);
    expect(report.requests.at(-1)).toMatchObject({
      who: 'attacker, HTTP/2',
      response: 'no HTTP/2',
    });
  });

  it('talks before it is asked, and not HTTP', async () => {
    const port = await tcpServer(
      (socket) => void socket.write('220 mail ESMTP\r\n'),
    );
    expect(await failureOf(local(port))).toBe(
      `127.0.0.1:${port} does not speak HTTP. It sent "220 mail ESMTP\\u000d\\u000a". Check the port.\n`,
    );
  });

  it.each([
    ['a status line that is not one', 'HTTP/1.1 abc\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`],
    ['terminal codes', '\u001B[31mred'],
  ])('sends %s', async (_about, bytes) => {
    const failure = await failureOf(local(await saying(bytes)));
    expect(failure).toMatch(/ does not speak HTTP\. It sent "/);
    expect(failure.length).toBeLessThan(300);
    expect(failure.trimEnd()).toMatch(/^[\x20-\x7e]*$/);
  });

  it('sends terminal codes in a response', async () => {
    const head =
      'HTTP/1.1 302 \u001B]0;owned\u0007\r\nLocation: /\u001B[2J\r\n';
    const port = await saying(`${head}Content-Length: 0\r\n\r\n`);
    const { stdout } = await runCli(['check', local(port)]);
    expect(stdout).toContain('302 \\u001b]0;owned\\u0007 to /\\u001b[2J');
    expect(stdout.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]*$/);
  });

  it('sends a body without an end', async () => {
    let sent = 0;
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      const chunk = 'x'.repeat(65_536);
      const more = () => {
        sent += chunk.length;
        if (!socket.destroyed) socket.write(chunk, more);
      };
      socket.once('data', more);
    });
    const { report } = await checkJson(local(port));
    expect(report.requests.every(({ status }) => status === 200)).toBe(true);
    // No connection is read to an end that never comes.
    expect(sent).toBeLessThan(report.requests.length * 20_000_000);
  });

  it('responds in pieces, with an interim response first', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => {
        const bytes =
          'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nHello\r\n0\r\n\r\n';
        let at = 0;
        const next = () => {
          if (at < bytes.length)
            socket.write(bytes[at++] ?? '', () => setImmediate(next));
        };
        next();
      });
    });
    const { report } = await checkJson(local(port), '--timeout', '20000');
    expect(new Set(report.requests.map(({ status }) => status))).toEqual(
      new Set([200]),
    );
  });

  it('cannot be checked prints its reason as JSON, too', async () => {
    const port = await freePort();
    const { code, stdout } = await runCli(['check', local(port), '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      url: local(port),
      error: expect.stringMatching(/^Nothing listens/),
    });
  });
});
