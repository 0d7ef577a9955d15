import { printable } from '../messages/printable.js';

/**
 * A log line for the start of the application: the mode, and the first patterns
 * of the list.
 */
export function describeList(
  mode: 'enforce' | 'report',
  patterns: readonly string[],
): string {
  const shown = patterns
    .slice(0, MAX_PATTERNS)
    .map((pattern) => printable(pattern, MAX_PATTERN_LENGTH));
  if (patterns.length > MAX_PATTERNS) shown.push('...');
  const count = `${patterns.length} ${patterns.length === 1 ? 'pattern' : 'patterns'}`;
  const list = `allowed hosts: ${shown.join(', ')} (${count})`;
  return mode === 'enforce'
    ? `Enforcing ${list}`
    : `Report mode: no request is refused. Would enforce ${list}`;
}

const MAX_PATTERNS = 10;
const MAX_PATTERN_LENGTH = 60;
