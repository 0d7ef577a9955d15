import { FOREIGN_HOST, type Probe, type Topic } from './probe.js';
import { PAGE, PREFLIGHT, UPGRADE } from './request-headers.js';
import type { Target } from './target.js';

/** What attackers send, to the page, to the health route, and as an upgrade or a preflight. */
export function attackProbes(target: Target): readonly Probe[] {
  const { own, ownName, path, healthPath } = target;
  const probe = (
    who: string,
    topic: Topic,
    hosts: readonly string[],
    request: Partial<Probe['request']> = {},
    kind: Probe['kind'] = 'foreign',
  ): Probe => ({
    who: `attacker, ${who}`,
    kind,
    topic,
    request: {
      method: 'GET',
      target: path,
      hosts,
      headers: PAGE,
      ...request,
    },
  });
  const header = (line: string) => ({ headers: [...PAGE, line] });
  const absolute = (authority: string) => ({
    target: `http://${authority}${path}`,
  });
  const foreign = FOREIGN_HOST;
  return [
    probe('foreign name', 'page', [foreign]),
    ...(target.isName
      ? [
          probe('name that begins like yours', 'look-alike', [
            `${ownName}.${foreign}`,
          ]),
          probe('name that ends like yours', 'look-alike', [`evil${ownName}`]),
        ]
      : []),
    probe('two Host lines', 'two-hosts', [own, foreign]),
    probe('two Host lines, foreign first', 'two-hosts', [foreign, own]),
    probe('absolute target', 'absolute-target', [own], absolute(foreign)),
    probe('userinfo', 'userinfo', [`${ownName}@${foreign}`]),
    probe('userinfo, foreign first', 'userinfo', [`${foreign}@${own}`]),
    probe(
      'X-Forwarded-Host',
      'forwarded',
      [own],
      header(`X-Forwarded-Host: ${foreign}`),
      'forwarded',
    ),
    probe(
      'Forwarded',
      'forwarded',
      [own],
      header(`Forwarded: host=${foreign}`),
      'forwarded',
    ),
    probe('DNS rebinding', 'health', [foreign], { target: healthPath }),
    probe('WebSocket', 'websocket', [foreign], { headers: UPGRADE }),
    probe('preflight', 'preflight', [foreign], {
      method: 'OPTIONS',
      headers: PREFLIGHT,
    }),
  ];
}
