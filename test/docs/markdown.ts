/** A fenced block. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The name on its first line, as in `// app.module.ts`. */
  readonly name: string | undefined;
}

export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']) => ({
      language,
      text,
      name: /^\/\/ (\S+\.ts)$/m.exec(text.split('\n')[0] ?? '')?.[1],
    }),
  );
}

/** The blocks with a name, without their first line. */
export function filesIn(markdown: string): ReadonlyMap<string, string> {
  return new Map(
    blocksOf(markdown).flatMap(({ name, text }) =>
      name === undefined
        ? []
        : [[name, text.slice(text.indexOf('\n') + 1).trim()] as const],
    ),
  );
}

/** The rows of the table below a heading, as cells without padding; without its head. */
export function tableUnder(
  heading: string,
  markdown: string,
): readonly (readonly string[])[] {
  const [, section = ''] = markdown.split(`\n## ${heading}\n`);
  return (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The texts between backticks. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** The commands of a `console` block, each with its output. */
export function commandsOf({ text }: Block) {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.trimEnd().split('\n');
      return { command, output: output.join('\n') };
    });
}
