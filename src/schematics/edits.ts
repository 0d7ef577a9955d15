/** The text from `start` to `end` becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const insert = (position: number, text: string): Edit => ({
  start: position,
  end: position,
  text,
});

/** Applies edits that do not overlap. All of their positions are those before the first edit. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  // Insertions at one place keep their order: the sort is stable.
  const sorted = edits.toSorted((a, b) => a.start - b.start);
  let result = '';
  let done = 0;
  for (const edit of sorted) {
    result += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return result + text.slice(done);
}

/** Where a new line can begin after a node: after a comment on the same line. */
export function endOfLineAfter(text: string, end: number): number {
  const [comment = ''] =
    /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*\*\/[ \t]*)?(?=\r?\n|$)/.exec(
      text.slice(end),
    ) ?? [];
  return end + comment.trimEnd().length;
}
