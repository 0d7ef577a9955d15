/**
 * Counts the `Host` lines of a request. Node keeps the first of several lines
 * silently, so only the raw headers show them. Comparing lengths first is the
 * fast path, see bench/RESULTS.md.
 */
export function countHostHeaders(rawHeaders: readonly string[] = []): number {
  let lines = 0;
  // Stryker disable next-line EqualityOperator: after the last line there is no name
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (name.length === 4 && isHost(name)) lines++;
  }
  return lines;
}

function isHost(name: string): boolean {
  // Stryker disable next-line ConditionalExpression,StringLiteral: fast path, see bench
  return name === 'Host' || name.toLowerCase() === 'host';
}

/**
 * The value of each line of a header.
 *
 * @param header its name in lower case
 */
export function headerLines(
  rawHeaders: readonly string[] = [],
  header: string,
): readonly string[] {
  return rawHeaders.filter(
    (_, i) => i % 2 === 1 && (rawHeaders[i - 1] ?? '').toLowerCase() === header,
  );
}
