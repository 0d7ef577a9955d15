import { widthOf } from './terminal.js';

/** One line of a table: its cells by column. */
export type Row<Column extends string> = Readonly<Record<Column, string>>;

/**
 * Formats rows as text, with columns as wide as their longest cell.
 *
 * @param head the columns in their order, with their titles
 */
export function table<Column extends string>(
  head: Row<Column>,
  rows: readonly Row<Column>[],
): string {
  const columns = Object.keys(head) as Column[];
  const widths = columns.map((column) =>
    Math.max(...[head, ...rows].map((row) => widthOf(row[column]))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd();
  const cellsOf = (row: Row<Column>) => columns.map((column) => row[column]);
  return [
    line(cellsOf(head)),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map((row) => line(cellsOf(row))),
  ].join('\n');
}

/** Wraps a text after `width` columns, and indents each line but the first. */
export function wrap(text: string, indent: string, width = 100): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && indent.length + last.length + word.length >= width)
      lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${indent}`);
}
