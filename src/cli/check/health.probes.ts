import { hostKey, parseHostHeader } from '../../hosts/host-header.js';
import { HostList } from '../../hosts/host-list.js';
import type { Probe } from './probe.js';
import type { Target } from './target.js';

/**
 * What load balancers and kubelets send. They name an address: the target's own,
 * or one of their nodes. How long they wait is the default of each platform.
 */
export function healthProbes(target: Target): readonly Probe[] {
  const { port, own } = target;
  const address = privateAddressOf(target.peer) ?? '10.0.3.17';
  const probe = (
    who: string,
    hosts: readonly string[],
    agent: string,
    limitMs: number,
    version: '1.0' | '1.1' = '1.1',
  ): Probe => ({
    who,
    kind: 'health',
    topic: 'health',
    limitMs,
    request: {
      method: 'GET',
      target: target.healthPath,
      version,
      hosts,
      headers: [`User-Agent: ${agent}`, 'Accept: */*', 'Connection: close'],
    },
  });
  const elb = 'ELB-HealthChecker/2.0';
  const route53 =
    'Amazon-Route53-Health-Check-Service (ref 00000000-0000-0000-0000-000000000000; report http://amzn.to/1vsZADi)';
  return [
    probe('ALB', [`${address}:${port}`], elb, 5000),
    probe('ALB on port 80', [address], elb, 5000),
    probe('NLB', ['10.0.9.41:443'], elb, 6000),
    probe('classic ELB', [], 'ELB-HealthChecker/1.0', 5000, '1.0'),
    probe(
      'classic ELB with Host',
      [`${address}:${port}`],
      'ELB-HealthChecker/1.0',
      5000,
      '1.0',
    ),
    probe('kubelet', [`10.244.1.5:${port}`], 'kube-probe/1.34', 1000),
    probe('Route 53 by name', [own], route53, 2000),
    probe('Route 53 by address', ['203.0.113.7'], route53, 2000),
  ];
}

const PRIVATE = HostList.from('uniquelocal');

/** The address that we are connected to, if a balancer could name it. */
function privateAddressOf(peer: string | undefined): string | undefined {
  if (peer === undefined) return undefined;
  const host = parseHostHeader(
    peer.includes(':') ? `[${peer.replace(/%.*$/, '')}]` : peer,
  );
  return host.ok && PRIVATE.matches(host) === true ? hostKey(host) : undefined;
}
