/** How a file is written, so that inserted code looks like the rest of it. */
export interface CodeStyle {
  readonly quote: string;
  readonly semicolon: string;
  readonly newline: string;
  readonly indent: string;
}

export function styleOf(text: string): CodeStyle {
  const [, quote = "'", semicolon = ';'] =
    /^import\b[^'"]*(['"])[^'"]*['"](;?)/m.exec(text) ?? [];
  // A single blank is the margin of a block comment.
  const [, indent = '  '] = /^(\t| {2,})\S/m.exec(text) ?? [];
  return {
    quote,
    semicolon,
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    indent,
  };
}

/**
 * Code in another style.
 *
 * @param code as Prettier writes it, with single quotes
 * @param margin the indentation of the line that the code begins in
 */
export function inStyle(
  code: string,
  { quote, semicolon, newline, indent }: CodeStyle,
  margin = '',
): string {
  return code
    .replaceAll("'", quote)
    .replaceAll(';', semicolon)
    .replaceAll('  ', indent)
    .replaceAll('\n', `${newline}${margin}`);
}

/** The white space at the start of the line that contains a position. */
export function marginAt(text: string, position: number): string {
  const line = text.slice(text.lastIndexOf('\n', position - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}
