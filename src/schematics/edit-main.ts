import { inStyle, marginAt, styleOf } from './code-style.js';
import { applyEdits, endOfLineAfter, insert } from './edits.js';
import { creationsIn } from './root-module.js';
import { parse, usesName } from './syntax.js';
import type { TypeScript } from './typescript.js';

/**
 * Adds `enableShutdownHooks()` to a `main.ts`.
 *
 * @returns undefined if the file is not understood
 */
export function editMain(
  typescript: TypeScript,
  text: string,
): string | undefined {
  if (usesName(typescript, text, 'enableShutdownHooks')) return text;
  const [creation, ...others] = creationsIn(
    typescript,
    parse(typescript, text),
  );
  if (creation === undefined || others.length > 0) return undefined;
  const { variable, statement } = creation;
  const line = `\n${variable}.enableShutdownHooks(); // needed to drain on SIGTERM`;
  const margin = marginAt(text, statement.getStart());
  return applyEdits(text, [
    insert(
      endOfLineAfter(text, statement.end),
      inStyle(line, styleOf(text), margin),
    ),
  ]);
}
