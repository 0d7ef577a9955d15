import { printable } from '../messages/printable.js';

/** One line for the start of an application: the mode and the list in force, cut. */
export function describeList(
  mode: 'enforce' | 'report',
  patterns: readonly string[],
): string {
  const named = patterns
    .slice(0, MAX_PATTERNS)
    .map((pattern) => printable(pattern, LONGEST_PATTERN));
  if (patterns.length > MAX_PATTERNS) named.push('...');
  const count = `${patterns.length} ${patterns.length === 1 ? 'pattern' : 'patterns'}`;
  const list = `allowed hosts: ${named.join(', ')} (${count})`;
  return mode === 'enforce'
    ? `Enforcing ${list}`
    : `Report mode: no request is refused. Would enforce ${list}`;
}

const MAX_PATTERNS = 10;
const LONGEST_PATTERN = 60;
