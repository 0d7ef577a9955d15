import { problem, type Finding } from '../finding.js';
import type { Probe } from '../probe.js';
import { statusOf, type Results } from '../results.js';
import { PASS_HOST_ON } from './remedies.js';

/** Whether the hosts of the user are served, with any port. */
export function inspectOwnHosts(results: Results): readonly Finding[] {
  return [
    ...refused(results),
    ...failed(results),
    ...ports(results),
    ...upstream(results),
  ];
}

/** Statuses with which servers refuse a host. */
const REFUSALS = new Set([400, 403, 421]);

function refused(results: Results): readonly Finding[] {
  const rows = results
    .responses('own', 'page')
    .filter(({ response }) => REFUSALS.has(response.status));
  const [first] = rows;
  const hosts = rows.map(({ probe }) => probe.request.hosts[0]).join(', ');
  const isLikeForeign = results.foreign('page', 'same').length > 0;
  const isOpen = results.foreign('health', 'served').length > 0;
  return problem(
    'own-host-refused',
    [...rows.map(({ probe }) => probe), ...alsoRefused(results)],
    [
      `A request for ${hosts} gets ${first ? statusOf(first.response) : ''}${isLikeForeign ? ', as a foreign host does' : ''}. Either the server does not allow this host, or a proxy in front replaces Host with a name of its own.`,
      ...(isLikeForeign && isOpen
        ? [
            'The health route is served for every host, so the proxy is the more probable cause.',
          ]
        : []),
    ].join(' '),
    [
      `If ${hosts} is not what your users write in the browser, run check again with --host and that name. The rows of attackers show nothing until then.`,
      'If it is yours, add it to the list of allowed hosts. The log of nestjs-allowed-hosts names each refused host: if it names 127.0.0.1, localhost or an upstream such as "backend", a proxy replaces Host.',
      ...PASS_HOST_ON,
    ],
  );
}

/** The rows that show nothing while the first host is refused. */
function alsoRefused(results: Results): readonly Probe[] {
  const own = results.own('page');
  if (own?.kind !== 'response' || !REFUSALS.has(own.status)) return [];
  return results.all
    .filter(
      ({ probe, exchange }) =>
        probe.kind !== 'health' &&
        probe.topic !== 'page' &&
        exchange?.kind === 'response' &&
        exchange.status === own.status,
    )
    .map(({ probe }) => probe)
    .concat(results.foreign('page', 'same'));
}

function failed(results: Results): readonly Finding[] {
  const rows = results
    .of('own', 'page')
    .filter(
      ({ exchange }) =>
        exchange?.kind === 'none' ||
        (exchange?.kind === 'response' && exchange.status >= 500),
    );
  return problem(
    'own-host-failed',
    rows.map(({ probe }) => probe),
    `A request for ${rows.map(({ probe }) => probe.request.hosts[0]).join(', ')} fails, so foreign hosts cannot be compared with it.`,
    [
      'Correct this first (look at the log of the server), or run check with the URL of a page that works.',
    ],
  );
}

/** A browser sends a port unless it is the default one, and so do probes. */
function ports(results: Results): readonly Finding[] {
  const [page] = results.responses('own', 'page');
  const [other] = results.responses('own', 'port');
  const health = results
    .responses('health', 'health')
    .filter(({ probe }) => probe.who.startsWith('ALB'));
  const [withPort, without] = health;
  const pairs = [
    [page, other],
    [withPort, without],
  ].filter(([a, b]) => a && b && a.response.status !== b.response.status);
  const text = pairs.map(([a, b]) =>
    [a, b]
      .map(
        (row) =>
          row && `${row.probe.request.hosts[0]} gets ${row.response.status}`,
      )
      .join(', '),
  );
  return problem(
    'port',
    pairs.flatMap(([, b]) => (b ? [b.probe] : [])),
    `The response depends on the port in Host: ${text.join('; ')}.`,
    [
      'Ignore the port when you compare Host with the list. In nestjs-allowed-hosts, a pattern without a port allows every port.',
      'If a pattern with a port is meant, there is nothing to do.',
    ],
  );
}

/** A redirect to a host that no request named: a proxy replaced Host. */
function upstream(results: Results): readonly Finding[] {
  const rows = results.responses('own').filter(({ probe, response }) => {
    const location =
      response.headers.find(([name]) => name === 'location')?.[1] ?? '';
    if (!URL.canParse(location)) return false;
    const { hostname } = new URL(location);
    const isInner =
      !hostname.includes('.') || /^127\.|^\[::1\]$/.test(hostname);
    return (
      isInner && !probe.request.hosts.some((host) => host.startsWith(hostname))
    );
  });
  return problem(
    'upstream-name',
    rows.map(({ probe }) => probe),
    `A redirect leads to a name that no request contained: ${rows[0] ? statusOf(rows[0].response) : ''}. A proxy in front replaces Host.`,
    PASS_HOST_ON,
  );
}
