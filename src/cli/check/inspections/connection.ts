import { headerOf } from '../../http/exchange.js';
import { problem, type Finding } from '../finding.js';
import { statusOf, type Results } from '../results.js';

/** Keep-alive, HTTP/1.0 and IPv6. */
export function inspectConnection(results: Results): readonly Finding[] {
  return [...keepAlive(results), ...http10(results), ...ipv6(results)];
}

/** An ALB reuses an idle connection for so long. */
const ALB_IDLE_S = 60;

function keepAlive(results: Results): readonly Finding[] {
  const [kept] = results.responses('own', 'keep-alive');
  if (kept === undefined) return [];
  const { probe, response } = kept;
  const [, seconds] =
    /timeout=(\d+)/i.exec(headerOf(response, 'keep-alive')) ?? [];
  const note = (what: string): readonly Finding[] => [
    {
      id: 'keep-alive-unknown',
      level: 'note',
      what,
      change: [],
      probes: [probe],
    },
  ];
  if (
    /\bclose\b/i.test(headerOf(response, 'connection')) ||
    response.version === '1.0'
  )
    return note(
      `The server closes the connection after each response${response.version === '1.0' ? ' (it responds with HTTP/1.0)' : ''}. That is safe, but a load balancer opens a new connection for each request.`,
    );
  if (seconds === undefined)
    return note(
      `The server does not report how long it keeps an idle connection. Behind an ALB it must be longer than the ${ALB_IDLE_S} s for which the ALB reuses one.`,
    );
  if (Number(seconds) > ALB_IDLE_S) return [];
  return problem(
    'keep-alive-short',
    [probe],
    `The server closes an idle connection after ${seconds} s. An ALB reuses one for ${ALB_IDLE_S} s, and a request in that moment gets 502.`,
    [
      'Node: server.keepAliveTimeout = 65_000; server.headersTimeout = 66_000; or keepAliveTimeoutMs: 65_000 in nestjs-allowed-hosts.',
      'nginx: keepalive_timeout 65; Apache: KeepAliveTimeout 65',
      'If what responds here is the load balancer itself, look at the application with --connect.',
    ],
  );
}

function http10(results: Results): readonly Finding[] {
  const [page] = results.responses('own', 'page');
  const rows = results
    .of('own', 'http10')
    .filter(
      ({ exchange }) =>
        exchange?.kind === 'none' ||
        (exchange !== undefined &&
          page !== undefined &&
          exchange.status !== page.response.status),
    );
  const [first] = rows;
  const got =
    first?.exchange?.kind === 'response'
      ? statusOf(first.exchange)
      : 'no response';
  return problem(
    'http10',
    rows.map(({ probe }) => probe),
    `The same request in HTTP/1.0 gets ${got}. nginx sends HTTP/1.0 to its upstream unless told otherwise, and so does the classic ELB.`,
    [
      'Serve HTTP/1.0, or let the proxy send HTTP/1.1. nginx: proxy_http_version 1.1;',
    ],
  );
}

function ipv6(results: Results): readonly Finding[] {
  const { target } = results;
  const rows = results.of('health', 'ipv6').map(({ probe, exchange }) => ({
    probe,
    got:
      exchange?.kind === 'response'
        ? statusOf(exchange)
        : `no response${exchange?.code ? ` (${exchange.code})` : ''}`,
    isFine: exchange?.kind === 'response' && exchange.status === 200,
    isHere: exchange?.kind === 'none' && NO_IPV6_HERE.has(exchange.code),
  }));
  const [here] = rows.filter(({ isHere }) => isHere);
  if (here)
    return [
      {
        id: 'ipv6-unknown',
        level: 'note',
        what: `${target.own} has an IPv6 address, but this machine has no IPv6: not checked.`,
        change: [],
        probes: [here.probe],
      },
    ];
  const wrong = rows.filter(({ isFine }) => !isFine);
  return problem(
    'ipv6',
    wrong.map(({ probe }) => probe),
    `Over IPv6, ${target.healthPath} gets ${wrong[0]?.got ?? ''} for ${wrong[0]?.probe.request.hosts[0] ?? ''}.`,
    [
      'Listen on :: (both families), open the firewall for IPv6, and allow IPv6 addresses on the health route, in brackets: [fd00::1].',
    ],
  );
}

const NO_IPV6_HERE = new Set(['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']);
