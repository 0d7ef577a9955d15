/** Whether a stored name equals a part of a text, which may have capitals. */
export function isSameName(
  name: string,
  start: number,
  text: string,
  from: number,
  end: number,
): boolean {
  if (name.length - start !== end - from) return false;
  // Stryker disable next-line ConditionalExpression: fast path, see bench
  if (isSameText(name, start, text, from, end)) return true;
  const lower = text.toLowerCase();
  return (
    // Two characters beyond ASCII have ASCII in lower case: one gets longer,
    // the other is the Kelvin sign.
    lower.length === text.length &&
    isSameText(name, start, lower, from, end) &&
    !text.includes('\u212a')
  );
}

/** Compares without a loop: the comparisons of the engine are faster. */
function isSameText(
  name: string,
  start: number,
  text: string,
  from: number,
  end: number,
): boolean {
  // Stryker disable next-line ConditionalExpression: fast path, see bench
  const isWhole = end === text.length;
  // Stryker disable next-line ConditionalExpression: fast path, see bench
  if (isWhole && name.length === end) return name === text;
  // The character before the name is compared, too: it is a dot on both sides,
  // if there is one.
  // Stryker disable next-line EqualityOperator: with from = start, both compare the whole texts
  return from < start
    ? name.endsWith(isWhole ? text : text.slice(0, end))
    : text.endsWith(name, end);
}
