import { types } from 'node:util';
import { didYouMean } from './did-you-mean.js';
import { printable, quoted } from './printable.js';

/**
 * Checks the names of options, and copies the options. It reads only own
 * properties, and methods of a class: what `Object.prototype`, or a `__proto__`
 * in parsed JSON, contains must not change how hosts are checked.
 *
 * @returns a copy without a prototype
 * @throws {Error} if an option is misspelt or inherited; the message says what
 * to write instead
 */
export function checkKeys<T extends object>(
  given: T,
  known: readonly string[],
  where: string,
): T {
  if (
    typeof given !== 'object' ||
    given === null ||
    Array.isArray(given) ||
    types.isPromise(given)
  ) {
    throw new Error(
      `${where} is ${quoted(given)}: write an object such as { ${known[0]}: ... }.`,
    );
  }
  for (const key of Object.keys(given)) checkKey(key, known, where);
  const own: Record<string, unknown> = Object.create(null);
  for (const key of known) {
    const found =
      Object.getOwnPropertyDescriptor(given, key) ?? inherited(given, key);
    if (found === undefined) continue;
    own[key] = found.get ? found.get.call(given) : found.value;
    if (Object.hasOwn(given, key) || typeof found.value === 'function')
      continue;
    throw new Error(
      `${where} inherits "${key}" from a class or a prototype, where options are not read: write { ${key}: ... } in the object itself.`,
    );
  }
  return own as T;
}

function checkKey(key: string, known: readonly string[], where: string): void {
  if (known.includes(key)) return;
  const nearest = didYouMean(key, known);
  const hint =
    nearest === undefined
      ? `its options are ${known.join(', ')}.`
      : `did you mean "${nearest}"?`;
  throw new Error(`${where} has no option "${printable(key, 40)}": ${hint}`);
}

/** A property of a class or a prototype, but not of `Object.prototype`. */
function inherited(given: object, key: string): PropertyDescriptor | undefined {
  let prototype: unknown = Object.getPrototypeOf(given);
  while (typeof prototype === 'object' && prototype !== null) {
    const next: unknown = Object.getPrototypeOf(prototype);
    if (next === null) return undefined;
    const found = Object.getOwnPropertyDescriptor(prototype, key);
    if (found) return found;
    prototype = next;
  }
  return undefined;
}

/**
 * @throws {Error} with the option, the value that was probably meant, and all
 * valid values
 */
export function checkOneOf<const T>(
  value: unknown,
  values: readonly T[],
  name: string,
): T {
  const found = values.find((known) => known === value);
  if (found !== undefined) return found;
  const meant = values.find(
    (known) => typeof known !== 'string' && String(known) === value,
  );
  if (meant !== undefined)
    throw new Error(
      `${name} is the text ${quoted(value)}: write the ${typeof meant} ${String(meant)}, without quotation marks.`,
    );
  const words = values.filter((known) => typeof known === 'string');
  const nearest =
    typeof value === 'string' ? didYouMean(value, words) : undefined;
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  throw new Error(
    `${name} is ${quoted(value)}${hint}: write one of ${values.map((known) => quoted(known)).join(', ')}.`,
  );
}

/** @throws {Error} with the option, its unit and its bounds */
export function checkMilliseconds(
  value: unknown,
  name: string,
  min = 0,
): number {
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= min &&
    value <= MAX_TIMEOUT_MS
  ) {
    return value;
  }
  throw new Error(
    `${name} is ${quoted(value)}: write a whole number of milliseconds from ${min} to ${MAX_TIMEOUT_MS}.`,
  );
}

/** The longest delay of a timer; with a longer one it fires at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
