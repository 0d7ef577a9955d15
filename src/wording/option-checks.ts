import { nearestWord } from './nearest-word.js';
import { printable, quoted } from './quoted.js';

/**
 * Refuses misspelt options.
 *
 * @throws {Error} naming the option and the known one that is nearest, or all of them
 */
export function checkKeys(
  given: unknown,
  known: readonly string[],
  where: string,
): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error(
      `${where} is ${quoted(given)}: write an object such as { ${known[0]}: ... }.`,
    );
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    const nearest = nearestWord(key, known);
    const hint =
      nearest === undefined
        ? `its options are ${known.join(', ')}.`
        : `did you mean "${nearest}"?`;
    throw new Error(`${where} has no option "${printable(key, 40)}": ${hint}`);
  }
  return given as Readonly<Record<string, unknown>>;
}

/** @throws {Error} naming the option, the value that was probably meant, and all that there are */
export function checkOneOf<const T>(
  value: unknown,
  values: readonly T[],
  name: string,
): T {
  const found = values.find((known) => known === value);
  if (found !== undefined) return found;
  const nearest =
    typeof value === 'string'
      ? nearestWord(value, values.map(String))
      : undefined;
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  throw new Error(
    `${name} is ${quoted(value)}${hint}: write one of ${values.map((known) => quoted(known)).join(', ')}.`,
  );
}

/** @throws {Error} naming the option, its unit and its bounds */
export function checkMilliseconds(
  value: unknown,
  name: string,
  least = 0,
): number {
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= least &&
    value <= LONGEST_TIMER
  ) {
    return value;
  }
  throw new Error(
    `${name} is ${quoted(value)}: write a whole number of milliseconds from ${least} to ${LONGEST_TIMER}.`,
  );
}

/** A timer that is set later than this fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
