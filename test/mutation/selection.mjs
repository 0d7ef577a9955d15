import { execFileSync } from 'node:child_process';
import { rooms } from './rooms.mjs';

/**
 * @param names rooms, files, or lines of a file
 * @returns for each room, what of it to mutate
 */
export function byRoom(names) {
  const selection = new Map();
  for (const [room, { sources }] of Object.entries(rooms)) {
    const parts = names.includes(room)
      ? sources
      : names.filter((name) =>
          sources.some((source) => name.startsWith(source)),
        );
    if (parts.length > 0) selection.set(room, parts);
  }
  return selection;
}

/** The form of the output, whatever a developer has configured. */
const DIFF = 'diff --unified=0 --no-prefix --no-ext-diff --no-color'.split(' ');

/** @returns the lines in `src/` that differ from a commit, as Stryker names them: `src/x.ts:1-9` */
export function changedSince(commit) {
  const diff = execFileSync('git', [...DIFF, commit, '--', 'src'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const changed = [];
  let file;
  for (const line of diff.split('\n')) {
    file = /^\+\+\+ (.+)$/.exec(line)?.[1] ?? file;
    const [, start, count = '1'] =
      /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    // Where lines were only deleted, none is left to mutate.
    if (start === undefined || count === '0') continue;
    changed.push(`${file}:${start}-${Number(start) + Number(count) - 1}`);
  }
  return changed;
}
