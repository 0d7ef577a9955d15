import { FOREIGN_HOST, type Probe, type Topic } from './probe.js';
import { PAGE, PREFLIGHT, UPGRADE } from './request-headers.js';
import type { Target } from './target.js';

/** What attackers send, to the page, to the health route, and as an upgrade or a preflight. */
export function attackProbes(target: Target): readonly Probe[] {
  return [
    ...names(target),
    ...contradictions(target),
    ...proxyHeaders(target),
    ...otherRequests(target),
  ];
}

function names({ isName, ownName, path }: Target): readonly Probe[] {
  const named = (who: string, topic: Topic, host: string) =>
    probe(who, topic, { target: path, hosts: [host] });
  return [
    named('foreign name', 'page', FOREIGN_HOST),
    ...(isName
      ? [
          named(
            'name that begins like yours',
            'look-alike',
            `${ownName}.${FOREIGN_HOST}`,
          ),
          named('name that ends like yours', 'look-alike', `evil${ownName}`),
        ]
      : []),
  ];
}

/** Requests that name both hosts, of which two programs may read different ones. */
function contradictions({ own, ownName, path }: Target): readonly Probe[] {
  const both = (who: string, topic: Topic, hosts: readonly string[]) =>
    probe(who, topic, { target: path, hosts });
  return [
    both('two Host lines', 'two-hosts', [own, FOREIGN_HOST]),
    both('two Host lines, foreign first', 'two-hosts', [FOREIGN_HOST, own]),
    probe('absolute target', 'absolute-target', {
      target: `http://${FOREIGN_HOST}${path}`,
      hosts: [own],
    }),
    both('userinfo', 'userinfo', [`${ownName}@${FOREIGN_HOST}`]),
    both('userinfo, foreign first', 'userinfo', [`${FOREIGN_HOST}@${own}`]),
  ];
}

function proxyHeaders({ own, path }: Target): readonly Probe[] {
  const withHeader = (who: string, line: string): Probe => ({
    ...probe(who, 'forwarded', {
      target: path,
      hosts: [own],
      headers: [...PAGE, line],
    }),
    kind: 'forwarded',
  });
  return [
    withHeader('X-Forwarded-Host', `X-Forwarded-Host: ${FOREIGN_HOST}`),
    withHeader('Forwarded', `Forwarded: host=${FOREIGN_HOST}`),
  ];
}

function otherRequests({ path, healthPath }: Target): readonly Probe[] {
  const hosts = [FOREIGN_HOST];
  return [
    probe('DNS rebinding', 'health', { target: healthPath, hosts }),
    probe('WebSocket', 'websocket', { target: path, hosts, headers: UPGRADE }),
    probe('preflight', 'preflight', {
      method: 'OPTIONS',
      target: path,
      hosts,
      headers: PREFLIGHT,
    }),
  ];
}

function probe(
  who: string,
  topic: Topic,
  request: Pick<Probe['request'], 'target' | 'hosts'> &
    Partial<Probe['request']>,
): Probe {
  return {
    who: `attacker, ${who}`,
    kind: 'foreign',
    topic,
    request: { method: 'GET', headers: PAGE, ...request },
  };
}
