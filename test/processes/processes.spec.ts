import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { jest } from '@jest/globals';
import { builtApp } from '../support/built-app.js';
import { sendRequest, tcp } from '../support/raw-client.js';
import { until } from '../support/until.js';

const FILES = ['test/processes/app.ts'];
const programs = {
  'Nest 12': builtApp(FILES, 12),
  'Nest 11': builtApp(FILES, 11),
};
const places = Object.entries(programs).flatMap(([nest, program]) =>
  ['express', 'fastify'].map((platform) => ({ nest, program, platform })),
);

// Three processes start and drain in a test.
jest.setTimeout(180_000);

const children = new Set<ChildProcess>();
const servers = new Set<Server>();

afterEach(async () => {
  for (const server of servers) server.close();
  servers.clear();
  await Promise.all(
    [...children].map(async (child) => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }
    }),
  );
  children.clear();
});

/** Starts the application and waits until its output matches. */
async function run(
  args: readonly string[],
  pattern: RegExp,
  inherited: number | 'ignore' = 'ignore',
): Promise<{ child: ChildProcess; match: RegExpExecArray }> {
  const child = spawn(process.execPath, args, {
    // The descriptor 3 of the child.
    stdio: ['ignore', 'pipe', 'inherit', inherited],
  });
  children.add(child);
  let output = '';
  const ended = once(child, 'close').then(() => pattern.exec(output));
  const match = await Promise.race([
    ended,
    new Promise<RegExpExecArray>((resolve) =>
      child.stdout?.on('data', (chunk: Buffer) => {
        output += String(chunk);
        const found = pattern.exec(output);
        if (found !== null) resolve(found);
      }),
    ),
  ]);
  if (match === null) throw new Error(`The application ended: ${output}`);
  return { child, match };
}

/** The descriptor of a listening socket, which Node does not show. */
const descriptorOf = (server: Server) =>
  (server as unknown as { _handle: { fd: number } })._handle.fd;

const get = (port: number, path: string, host: string | undefined) =>
  sendRequest(tcp(port), `GET ${path}`, host);

/** Ends the application with SIGTERM, and looks at it while it drains. */
async function drain(child: ChildProcess, port: number): Promise<unknown> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await until(
    async () => (await get(port, '/health', undefined)).status === 503,
  );
  expect((await get(port, '/pid', 'example.com')).status).toBe(200);
  expect((await get(port, '/pid', 'evil.example')).status).toBe(400);
  const [code, signal] = (await ended) as unknown[];
  return signal ?? code;
}

describe.each(places)(
  'an application on $platform with $nest',
  ({ program, platform }) => {
    it('checks hosts and drains in each worker of a cluster', async () => {
      const { child, match } = await run(
        [program, platform, 'cluster'],
        /listening on (\d+)/,
      );
      const port = Number(match[1]);
      const workers = new Set<string>();
      // Node gives connections to the workers in turn.
      await until(async () => {
        workers.add((await get(port, '/pid', 'example.com')).body);
        const statuses = await Promise.all([
          get(port, '/pid', 'evil.example'),
          get(port, '/health', '10.0.9.41:443'),
        ]);
        expect(statuses.map(({ status }) => status)).toEqual([400, 200]);
        return workers.size === 2;
      });
      expect(await drain(child, port)).toBe(0);
    });

    it('checks hosts and drains on a socket that it has inherited', async () => {
      const socket = createServer().listen(0, '127.0.0.1');
      servers.add(socket);
      await once(socket, 'listening');
      const { port } = socket.address() as AddressInfo;
      const { child } = await run(
        [program, platform, '3'],
        /listening/,
        descriptorOf(socket),
      );
      // Only the child accepts from now on.
      socket.close();
      expect((await get(port, '/pid', 'example.com')).body).toBe(
        String(child.pid),
      );
      expect((await get(port, '/pid', 'evil.example')).status).toBe(400);
      expect((await get(port, '/health', undefined)).status).toBe(200);
      // The gate at the server refuses before Node sends `100 Continue`.
      const expecting = await sendRequest(
        tcp(port),
        'POST /pid',
        'evil.example',
        ['Expect: 100-continue'],
        'body',
      );
      expect(expecting).toMatchObject({ status: 400, interim: [] });
      expect(await drain(child, port)).toBe('SIGTERM');
    });
  },
);
