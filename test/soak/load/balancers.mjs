// What load balancers and a kubelet send: a new connection for each check.
import { once } from 'node:events';
import { request } from 'node:http';
import { PRIVATE_ADDRESS } from '../settings.mjs';

/** An address of the balancer's own, which the machine never has. */
const NODE_OF_NLB = '172.31.200.9';

const CHECKS = [
  ['/health', `${PRIVATE_ADDRESS}:3000`, 'ELB-HealthChecker/2.0', 200],
  ['/health', PRIVATE_ADDRESS, 'ELB-HealthChecker/2.0', 200],
  ['/health', `${NODE_OF_NLB}:3000`, '', 200],
  ['/livez', `${PRIVATE_ADDRESS}:3000`, 'kube-probe/1.34', 200],
  ['/ready', `${NODE_OF_NLB}:3000`, '', 200],
  ['/hello', `${NODE_OF_NLB}:3000`, '', 400],
  ['/health', 'evil.example', '', 400],
];

/** Sends each check once. */
export async function checkHealth({ port }, checks) {
  for (const [path, host, agent, status] of CHECKS) {
    const sentAt = Date.now();
    const id = status === 200 ? 'soak-served' : 'soak-refused';
    const sent = request({
      port,
      host: '127.0.0.1',
      path,
      headers: { Host: host, 'User-Agent': agent, 'X-Fuzz': id },
      agent: false,
    });
    sent.end();
    try {
      const [response] = await once(sent, 'response');
      await once(response.resume(), 'end');
      checks.balancer(
        `${path} for ${host}`,
        response.statusCode,
        status,
        sentAt,
      );
    } catch (error) {
      checks.balancer(
        `${path} for ${host}: ${error.message}`,
        0,
        status,
        sentAt,
      );
    }
  }
}
