import { parseArgs } from 'node:util';
import { didYouMean } from '../messages/did-you-mean.js';
import { quoted } from '../messages/printable.js';
import { UsageError } from './usage-error.js';

/** Options by name: `example` is a value to show in errors; a flag has none. */
export type OptionTable = Readonly<
  Record<string, { readonly example?: string }>
>;

export interface ParsedArguments {
  readonly positionals: readonly string[];
  /** The values of an option, in their order. */
  values(name: string): readonly string[];
  /** The last value of an option. */
  value(name: string): string | undefined;
  has(flag: string): boolean;
}

/**
 * Parses the arguments of a command. `parseArgs` finds the options; the errors
 * are ours, because they contain what to write.
 *
 * @throws {UsageError}
 */
export function parseArguments(
  args: readonly string[],
  known: OptionTable,
): ParsedArguments {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(([name, { example }]) => [
        name,
        {
          type:
            example === undefined ? ('boolean' as const) : ('string' as const),
        },
      ]),
    ),
  });
  const found = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    checkOption(token, known);
    const values = found.get(token.name) ?? [];
    found.set(token.name, [...values, token.value ?? '']);
  }
  return {
    positionals,
    values: (name) => found.get(name) ?? [],
    value: (name) => found.get(name)?.at(-1),
    has: (flag) => found.has(flag),
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function checkOption(
  { name, rawName, value }: OptionToken,
  known: OptionTable,
): void {
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (option === undefined) {
    throw new UsageError(
      `There is no option ${quoted(rawName)}: ${hintFor(name, Object.keys(known))}`,
    );
  }
  if (option.example === undefined) {
    if (value !== undefined)
      throw new UsageError(`--${name} takes no value: write --${name} alone.`);
    return;
  }
  // A value that begins with a dash is probably the next option.
  if (value === undefined || value === '' || value.startsWith('-'))
    throw new UsageError(
      `--${name} needs a value: write --${name} ${option.example}.`,
    );
}

function hintFor(name: string, known: readonly string[]): string {
  const nearest = didYouMean(name, known);
  if (nearest !== undefined) return `did you mean --${nearest}?`;
  return known.length === 0
    ? 'this command has none.'
    : `the options are ${known.map((one) => `--${one}`).join(', ')}.`;
}
