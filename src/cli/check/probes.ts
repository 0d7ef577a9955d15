import { attackProbes } from './attack.probes.js';
import { healthProbes } from './health.probes.js';
import { FOREIGN_HOST, type Probe } from './probe.js';
import { PAGE, PREFLIGHT, UPGRADE } from './request-headers.js';
import type { Target } from './target.js';

/** All requests of a check, in the order in which they are sent. */
export function probesFor(target: Target): readonly Probe[] {
  return [
    ...ownProbes(target),
    ...healthProbes(target),
    ...ipv6Probes(target),
    ...attackProbes(target),
    ...http2Probes(target),
  ];
}

/** Clients that name a host of the user. */
function ownProbes(target: Target): readonly Probe[] {
  const { own, path, healthPath } = target;
  const probe = (
    who: string,
    topic: Probe['topic'],
    hosts: readonly string[] = [own],
    request: Partial<Probe['request']> = {},
  ): Probe => ({
    who,
    kind: 'own',
    topic,
    request: { method: 'GET', target: path, hosts, headers: PAGE, ...request },
  });
  return [
    ...target.hosts.map((host) => probe('browser', 'page', [host])),
    probe('browser on another port', 'port', [target.otherPort]),
    probe('browser, health route', 'health', [own], { target: healthPath }),
    probe('browser, WebSocket', 'websocket', [own], { headers: UPGRADE }),
    probe('browser, preflight', 'preflight', [own], {
      method: 'OPTIONS',
      headers: PREFLIGHT,
    }),
    probe('client, kept connection', 'keep-alive', [own], {
      headers: ['User-Agent: Mozilla/5.0', 'Connection: keep-alive'],
    }),
    probe('proxy, HTTP/1.0', 'http10', [own], { version: '1.0' }),
  ];
}

function ipv6Probes({ ipv6, port, healthPath }: Target): readonly Probe[] {
  if (ipv6 === undefined) return [];
  return [
    {
      who: 'ALB over IPv6',
      kind: 'health',
      topic: 'ipv6',
      connectTo: ipv6,
      limitMs: 5000,
      request: {
        method: 'GET',
        target: healthPath,
        hosts: [`[${ipv6}]:${port}`],
        headers: ['User-Agent: ELB-HealthChecker/2.0', 'Connection: close'],
      },
    },
  ];
}

function http2Probes({ https, own, path }: Target): readonly Probe[] {
  if (!https) return [];
  const request = { method: 'GET', target: path };
  return [
    {
      who: 'browser, HTTP/2',
      kind: 'own',
      topic: 'http2',
      http2: true,
      request: { ...request, hosts: [own] },
    },
    {
      who: 'attacker, HTTP/2',
      kind: 'foreign',
      topic: 'http2',
      http2: true,
      request: { ...request, hosts: [FOREIGN_HOST] },
    },
  ];
}
