import { didYouMean } from '../messages/did-you-mean.js';
import { quoted } from '../messages/printable.js';
import { check } from './check/check.js';
import { HELP } from './help.js';
import { match } from './match.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

const COMMANDS = { check, match } as const;

/**
 * Runs one command line.
 *
 * @param args what follows the name of the program
 * @param version of the package
 * @returns the exit code: 0, 1 for findings, 2 for wrong use
 */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  version: string,
): Promise<number> {
  const [name, ...rest] = args;
  const asks = (flag: string, short: string) =>
    name === flag || args.includes(flag) || name === short;
  if (asks('--help', '-h') || name === 'help') {
    terminal.stdout.write(HELP);
    return 0;
  }
  if (asks('--version', '-v')) {
    terminal.stdout.write(`${version}\n`);
    return 0;
  }
  try {
    return await commandNamed(name)(rest, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.stderr.write(
      `${error.message}\nnestjs-allowed-hosts --help shows all commands.\n`,
    );
    return 2;
  }
}

function commandNamed(name: string | undefined) {
  const names = Object.keys(COMMANDS);
  if (name !== undefined && isCommand(name)) return COMMANDS[name];
  if (name === undefined)
    throw new UsageError(
      'A command is missing: write nestjs-allowed-hosts check https://example.com',
    );
  const nearest = didYouMean(name, names);
  const isUrl = URL.canParse(name) && name.includes('://');
  const hint = isUrl
    ? `write nestjs-allowed-hosts check ${name}`
    : nearest === undefined
      ? `the commands are ${names.join(' and ')}.`
      : `did you mean ${nearest}?`;
  throw new UsageError(`There is no command ${quoted(name)}: ${hint}`);
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}
