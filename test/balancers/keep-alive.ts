import { once } from 'node:events';
import { request } from 'node:http';
import { Instance } from './instance.js';
import { send } from './load.js';

/** What stands between the client and the application. */
export interface Balancer {
  readonly port: number;
}

/** Longer than the 5 s for which Node keeps an idle connection, and the second that newer versions add. */
const BLOCK_MS = 6_500;
const CONNECTIONS = 10;

/**
 * Requests on connections that a balancer keeps for longer than the server does. In production the two meet by chance:
 * the balancer sends a request in the moment in which the server closes. Here they meet for certain: the process is busy
 * while its time limit passes, and the requests arrive in that time. Then the server closes the connections first.
 *
 * @param balance starts a balancer with a pool of connections to that port, which sends no request twice
 */
export function testKeepAlive(
  app: string,
  balance: (port: number) => Promise<Balancer>,
): void {
  it.each(['express', 'fastify'] as const)(
    'requests on kept connections to %s: some are lost with the keep-alive of Node, none with keepAliveTimeoutMs: 65_000',
    async (platform) => {
      const prepare = async (options: { keepAliveTimeoutMs?: number }) => {
        const settings = { platform, graceMs: 0, ...options };
        const instance = await Instance.start(app, settings);
        const { port } = await balance(instance.port);
        return () => requestsLost(instance.port, port);
      };
      const ofNode = await prepare({});
      const ofOption = await prepare({ keepAliveTimeoutMs: 65_000 });
      let [lost, lostWithOption] = await Promise.all([ofNode(), ofOption()]);
      while (lost === 0) lost = await ofNode();
      console.log(
        `${platform}: of ${CONNECTIONS} requests, ${lost} are lost with the keep-alive of Node, ${lostWithOption} with keepAliveTimeoutMs`,
      );
      expect(lostWithOption).toBe(0);
    },
  );
}

/** @returns how many of the requests got no response of the application */
async function requestsLost(
  appPort: number,
  balancerPort: number,
): Promise<number> {
  const statuses = (path: string) =>
    Promise.all(
      Array.from({ length: CONNECTIONS }, () =>
        send(balancerPort, path).catch(() => 0),
      ),
    );
  // As many at a time as it takes for the pool to have that many connections.
  const before = await statuses('/slow');
  if (before.some((status) => status !== 200))
    throw new Error(`Before: ${before.join()}`);
  const blocked = request({
    port: appPort,
    host: '127.0.0.1',
    path: `/block/${BLOCK_MS}`,
    headers: { Host: 'example.com' },
  }).end();
  const [response] = await once(blocked, 'response');
  const after = await statuses('/');
  response.resume();
  return after.filter((status) => status !== 200).length;
}
