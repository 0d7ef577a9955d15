/**
 * How many `Host` lines the request has. Node keeps the first of several and says nothing, so they are counted
 * in the raw headers: comparing lengths first leaves one string comparison to do in an ordinary request.
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

/** The value of each line of a header, whose name is given in lower case. */
export function lineValues(
  rawHeaders: readonly string[] = [],
  header: string,
): readonly string[] {
  return rawHeaders.filter(
    (_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === header,
  );
}
