import { stripVTControlCharacters } from 'node:util';

/** A stream of the process, or of a test. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** Where a command prints. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Style = keyof typeof CODES;

/** Colors a text if the output is a terminal, and NO_COLOR is not set. */
export function stylerFor(
  output: Output,
  { NO_COLOR, TERM }: Terminal['env'],
): (style: Style, text: string) => string {
  const colors = output.isTTY === true && !NO_COLOR && TERM !== 'dumb';
  return (style, text) =>
    colors ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text;
}

/** How many columns a text takes. Everything that is printed is ASCII. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Overwrites one line of a terminal; prints nothing elsewhere. */
export class Progress {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  show(text: string): void {
    if (this.#output.isTTY)
      this.#output.write(`\r\u001B[K${text.slice(0, 79)}`);
  }

  clear(): void {
    this.show('');
  }
}

const CODES = { bold: 1, red: 31, green: 32, yellow: 33, dim: 2 } as const;
