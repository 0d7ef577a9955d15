/**
 * Whether a request may have more than one `Host` line, of which Node silently
 * keeps the first: more than one name is as long as `Host`. Fast path of nearly
 * every request, see bench/RESULTS.md; {@link headerLines} tells exactly.
 */
export function mayRepeatHost(rawHeaders: readonly string[]): boolean {
  const { length } = rawHeaders;
  let names = 0;
  // Stryker disable next-line EqualityOperator: after the last line there is no name
  for (let i = 0; i < length; i += 2)
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (rawHeaders[i]?.length === HOST_LENGTH) names++;
  // Stryker disable next-line ConditionalExpression,EqualityOperator: fast path, see bench
  return names > 1;
}

function isNamed(name: string, header: string): boolean {
  // Stryker disable next-line ConditionalExpression: fast path
  return name.length === header.length && name.toLowerCase() === header;
}

const HOST_LENGTH = 'Host'.length;

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
    (_, i) => i % 2 === 1 && isNamed(rawHeaders[i - 1] ?? '', header),
  );
}
