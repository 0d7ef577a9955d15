import { isIPv6 } from 'node:net';
import { printable } from '../../messages/printable.js';
import type { Exchange, Server } from '../http/exchange.js';
import { NO_HTTP2 } from '../http/http2.js';
import { table, wrap, type Row } from '../table.js';
import type { Style } from '../terminal.js';
import type { CheckOptions } from './check.options.js';
import type { Finding } from './finding.js';
import type { Probe, Result } from './probe.js';
import { statusOf, type Results } from './results.js';

/** Everything that a check found out. */
export interface Report {
  readonly options: CheckOptions;
  readonly server: Server;
  readonly results: Results;
  /** Problems first. */
  readonly findings: readonly Finding[];
}

type Styler = (style: Style, text: string) => string;

const HEAD = {
  who: 'who',
  request: 'request',
  host: 'Host',
  response: 'response',
  verdict: 'verdict',
} as const;

/** The report for people. */
export function textOf(report: Report, style: Styler): string {
  const { findings } = report;
  const rows = report.results.all.map((result) => ({
    ...cellsOf(result),
    verdict: styledVerdict(result, findings, style),
  }));
  const problems = findings.filter(({ level }) => level === 'problem');
  const summary =
    problems.length === 0
      ? style('green', 'No problems found.')
      : style(
          'red',
          `${problems.length} problem${problems.length === 1 ? '' : 's'} found:`,
        );
  return (
    [
      placeOf(report),
      table<keyof typeof HEAD>(HEAD, rows),
      summary,
      ...findings.map((finding, i) => findingText(finding, i + 1, style)),
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

/** The report for programs. The ids of findings are stable. */
export function jsonOf({ options, server, results, findings }: Report): object {
  return {
    url: options.url.href,
    connectedTo: addressOf(server),
    requests: results.all.map((result) => ({
      ...cellsOf(result),
      status:
        result.exchange?.kind === 'response' ? result.exchange.status : null,
      ms: result.exchange?.ms ?? null,
      findings: idsOf(result.probe, findings),
    })),
    findings: findings.map(({ id, level, what, change }) => ({
      id,
      level,
      what,
      change,
    })),
  };
}

function placeOf({ options, server }: Report): string {
  const hosts = options.hosts.join(', ');
  return `${options.url.href} for ${hosts}, at ${addressOf(server)}`;
}

function addressOf({ host, port }: Server): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Everything here may be foreign, so it is escaped and cut. */
function cellsOf({
  probe,
  exchange,
}: Result): Row<Exclude<keyof typeof HEAD, 'verdict'>> {
  const { method, target, version = '1.1', hosts } = probe.request;
  const protocol = probe.http2
    ? ' HTTP/2'
    : version === '1.0'
      ? ' HTTP/1.0'
      : '';
  return {
    who: probe.who,
    request: `${method} ${printable(target, 40)}${protocol}`,
    host: hosts.length === 0 ? '(none)' : printable(hosts.join(' + '), 60),
    response: printable(responseText(exchange), 60),
  };
}

function responseText(exchange: Exchange | undefined): string {
  if (exchange === undefined) return '(not sent: no response before)';
  if (exchange.kind === 'response') return statusOf(exchange);
  if (exchange.code === NO_HTTP2) return 'no HTTP/2';
  switch (exchange.cause) {
    case 'timeout':
      return `no response in ${exchange.ms} ms`;
    case 'protocol':
      return `not HTTP: ${exchange.detail}`;
    case 'closed':
      return `connection closed${exchange.code === '' ? '' : `: ${exchange.code}`}`;
    default:
      return `no connection: ${exchange.code}`;
  }
}

function idsOf(probe: Probe, findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ probes }) => probes.includes(probe))
    .map(({ id }) => id);
}

function styledVerdict(
  { probe, exchange }: Result,
  findings: readonly Finding[],
  style: Styler,
): string {
  const numbers = findings.flatMap(({ probes }, i) =>
    probes.includes(probe) ? [i + 1] : [],
  );
  if (numbers.length > 0) {
    const isProblem = numbers.some(
      (number) => findings[number - 1]?.level === 'problem',
    );
    return style(isProblem ? 'red' : 'yellow', `see ${numbers.join(', ')}`);
  }
  if (
    exchange === undefined ||
    (exchange.kind === 'none' && exchange.code === NO_HTTP2)
  )
    return '-';
  // These show what a foreign host is compared with.
  const isControl =
    probe.kind === 'own' &&
    ['health', 'websocket', 'preflight'].includes(probe.topic);
  return isControl ? 'to compare' : style('green', 'ok');
}

function findingText(
  { level, what, change }: Finding,
  number: number,
  style: Styler,
): string {
  const label = level === 'note' ? `${number}. Note:` : `${number}.`;
  const indent = ' '.repeat(3);
  const text = wrap(`${label} ${printable(what, 2000)}`, indent);
  return [
    style(level === 'note' ? 'yellow' : 'red', label) +
      text.slice(label.length),
    ...change.map(
      (step) => `${indent}- ${wrap(printable(step, 2000), `${indent}  `)}`,
    ),
  ].join('\n');
}
