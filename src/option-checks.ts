/**
 * Refuses misspelt options.
 *
 * @throws {Error} naming the option and the known one that is nearest
 */
export function checkKeys(
  given: unknown,
  known: readonly string[],
  where: string,
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error(
      `${where} takes an object of options: write { ${known[0]}: … }.`,
    );
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const near = known.find(
      (name) => distance(key.toLowerCase(), name.toLowerCase()) <= 3,
    );
    const hint =
      near === undefined
        ? `write one of ${known.join(', ')}`
        : `did you mean "${near}"?`;
    throw new Error(`${where} has no option "${key}": ${hint}`);
  }
}

/** @throws {Error} naming the option and its values */
export function checkOneOf(
  value: unknown,
  values: readonly unknown[],
  name: string,
): void {
  if (values.includes(value)) return;
  const written = values.map((one) => JSON.stringify(one)).join(', ');
  throw new Error(
    `${name} is ${JSON.stringify(value)}: write one of ${written}.`,
  );
}

/** @throws {Error} naming the option and its unit */
export function checkMilliseconds(value: unknown, name: string): void {
  if (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    value >= 0 &&
    value <= MAX_TIMER
  )
    return;
  throw new Error(
    `${name} is ${JSON.stringify(value)}: write a number of milliseconds from 0 to ${MAX_TIMER}.`,
  );
}

/** What a timer can wait; a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

/** How many letters to add, drop or change to make one word the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(
        Math.min(
          (row[j + 1] ?? 0) + 1,
          (next[j] ?? 0) + 1,
          (row[j] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row.at(-1) ?? a.length;
}
