/**
 * How many `Host` lines the request has. Node keeps the first of several and says nothing, so they are counted
 * in the raw headers: comparing lengths first leaves one string comparison to do in an ordinary request.
 */
export function hostLines(rawHeaders: readonly string[]): number {
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

/** What the `Host` lines say, for a log line. */
export function hostValues(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter(
    (_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'host',
  );
}
