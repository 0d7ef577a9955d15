import type { Server } from '../http/exchange.js';
import { explain, tlsNeeded, wantsTls } from '../http/failure.js';
import { send } from '../http/send.js';
import { Progress, stylerFor, type Terminal } from '../terminal.js';
import { parseCheckOptions, type CheckOptions } from './check.options.js';
import type { Finding } from './finding.js';
import { inspectConnection } from './inspections/connection.js';
import { inspectForeignHosts } from './inspections/foreign-host.js';
import { inspectHealth } from './inspections/health.js';
import { inspectOwnHosts } from './inspections/own-host.js';
import { inspectRefusals } from './inspections/refusal.js';
import { locate, targetOf, type Located } from './locate.js';
import type { Result } from './probe.js';
import { probesFor } from './probes.js';
import { jsonOf, textOf } from './report.js';
import { Results } from './results.js';
import { ProbeRunner } from './run-probes.js';
import { Unreachable } from './unreachable.js';

const INSPECTIONS = [
  inspectHealth,
  inspectOwnHosts,
  inspectForeignHosts,
  inspectRefusals,
  inspectConnection,
];

/**
 * Sends the requests of load balancers, browsers and attackers to a server, and
 * prints what is wrong.
 *
 * @returns the exit code: 1 if there is a problem
 * @throws {UsageError} if the arguments are wrong
 */
export async function check(
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const options = parseCheckOptions(args);
  const { stdout, stderr } = terminal;
  try {
    const { server, results } = await probe(options, terminal);
    // Problems first: their numbers are in the table.
    const findings = INSPECTIONS.flatMap((inspect) => inspect(results)).sort(
      (a, b) => Number(a.level === 'note') - Number(b.level === 'note'),
    );
    const report = { options, server, results, findings };
    stdout.write(
      options.json
        ? `${JSON.stringify(jsonOf(report), null, 2)}\n`
        : textOf(report, stylerFor(stdout, terminal.env)),
    );
    return exitCodeOf(findings);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    if (options.json)
      stdout.write(
        `${JSON.stringify({ url: options.url.href, error: error.message }, null, 2)}\n`,
      );
    else stderr.write(`${error.message}\n`);
    return 1;
  }
}

export function exitCodeOf(findings: readonly Finding[]): 0 | 1 {
  return findings.some(({ level }) => level === 'problem') ? 1 : 0;
}

async function probe(
  options: CheckOptions,
  { stderr }: Terminal,
): Promise<{ server: Server; results: Results }> {
  const located = await locate(options);
  const progress = new Progress(stderr);
  const { probes, target, server, first } = await start(options, located);
  stderr.write(
    `Sending ${probes.length} requests to ${options.url.origin}, one after the other.\n`,
  );
  const runner = new ProbeRunner(server);
  const results: Result[] = [first];
  try {
    for (const [i, one] of probes.entries()) {
      if (i === 0) continue;
      progress.show(`${i + 1}/${probes.length} ${one.who}`);
      results.push(await runner.run(one));
      if (results.length === ENOUGH)
        await stopIfSilent(options, server, results);
    }
  } finally {
    progress.clear();
  }
  return { server, results: new Results(results, target) };
}

/** So many requests without any response are enough to know. */
const ENOUGH = 2;

/**
 * Sends the first request, which shows the address that all others go to: a name
 * may have several, and the responses of different instances cannot be compared.
 *
 * @throws {Unreachable}
 */
async function start(options: CheckOptions, located: Located) {
  const [page] = probesFor(targetOf(options, located, undefined));
  if (page === undefined) throw new Error('There is no request.');
  const exchange = await send(located.server, page.request);
  if (exchange.kind === 'none' && /^(connection|tls)$/.test(exchange.cause))
    throw new Unreachable(await explain(options.url, located.server, exchange));
  if (exchange.kind === 'response' && wantsTls(exchange))
    throw new Unreachable(tlsNeeded(options.url));
  const server = {
    ...located.server,
    host: exchange.peer ?? located.server.host,
  };
  const target = targetOf(options, located, exchange.peer);
  const probes = probesFor(target);
  return {
    probes,
    target,
    server,
    first: { probe: probes[0] ?? page, exchange },
  };
}

async function stopIfSilent(
  { url }: CheckOptions,
  server: Server,
  results: readonly Result[],
): Promise<void> {
  const failures = results.flatMap(({ exchange }) =>
    exchange?.kind === 'none' ? [exchange] : [],
  );
  const [failure] = failures;
  if (failure !== undefined && failures.length === results.length)
    throw new Unreachable(await explain(url, server, failure));
}
