/**
 * Counts the `Host` lines of a request. Node keeps the first of several lines
 * silently, so only the raw headers show them. Comparing lengths first is the
 * fast path, see bench/RESULTS.md.
 */
export function countHostHeaders(rawHeaders: readonly string[] = []): number {
  let lines = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (
      name?.length === 4 &&
      (name === 'Host' || name.toLowerCase() === 'host')
    )
      lines++;
  }
  return lines;
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
    (_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === header,
  );
}
