import { parseHostHeader } from '../hosts/host-header.js';
import { HostList } from '../hosts/host-list.js';
import { HostPatternError } from '../hosts/host-pattern.js';
import { printable } from '../messages/printable.js';
import { parseArguments } from './arguments.js';
import { table } from './table.js';
import { stylerFor, type Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

const HEAD = {
  host: 'Host',
  verdict: 'verdict',
  pattern: 'because of',
} as const;

/**
 * Prints for each host whether a list allows it, and which pattern does.
 *
 * @returns the exit code: 1 if a host is not allowed
 * @throws {UsageError} if the list is malformed or an argument is missing
 */
export function match(args: readonly string[], terminal: Terminal): number {
  const [patterns, ...hosts] = parseArguments(args, {}).positionals;
  if (patterns === undefined || hosts.length === 0)
    throw new UsageError(
      'match needs a list and at least one host: write nestjs-allowed-hosts match "example.com, .example.org" www.example.org',
    );
  const list = compile(patterns);
  for (const warning of list.warnings)
    terminal.stderr.write(`Warning: ${warning}\n`);
  const style = stylerFor(terminal.stdout, terminal.env);
  const rows = hosts.map((host) => {
    const allowed = list.allows(host);
    return {
      host: printable(host, 80),
      verdict: allowed ? style('green', 'allowed') : style('red', 'refused'),
      pattern: allowed ? patternsFor(list, host) : reasonFor(host),
    };
  });
  terminal.stdout.write(`${table<keyof typeof HEAD>(HEAD, rows)}\n`);
  return hosts.every((host) => list.allows(host)) ? 0 : 1;
}

function compile(patterns: string): HostList {
  try {
    return HostList.from(patterns);
  } catch (error) {
    if (error instanceof HostPatternError) throw new UsageError(error.message);
    throw error;
  }
}

/** Every pattern that allows a host, each compiled alone. */
function patternsFor({ patterns }: HostList, host: string): string {
  return patterns
    .filter((pattern) => HostList.from([pattern]).allows(host))
    .join(', ');
}

function reasonFor(value: string): string {
  const host = parseHostHeader(value);
  if (host.ok) return 'no pattern matches';
  return value === '' ? 'it is empty' : `it is not a host: ${host.detail}`;
}
