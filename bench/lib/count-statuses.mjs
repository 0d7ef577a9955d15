import { once } from 'node:events';
import { Agent, request } from 'node:http';

/**
 * Sends requests from 100 clients in parallel.
 *
 * @param hostOf the Host of the i-th request
 * @returns how many responses have which status
 */
export async function countStatuses(port, requests, hostOf) {
  const agent = new Agent({ keepAlive: true });
  const counts = {};
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const headers = { host: hostOf(next++) };
      const sent = request({ port, agent, path: '/health', headers });
      sent.end();
      const [response] = await once(sent, 'response');
      response.resume();
      await once(response, 'end');
      counts[response.statusCode] = (counts[response.statusCode] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 100 }, client));
  agent.destroy();
  return counts;
}
