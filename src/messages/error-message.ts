import { quoted } from './printable.js';

/**
 * What an error says, whoever made it. Not by `instanceof`: under a test runner's own realm, or with two
 * copies of a library, errors of Node's are none of `Error`.
 */
export function messageOf(error: unknown): string {
  return (
    textOf(error, 'message') ??
    (typeof error === 'string' ? error : `threw ${quoted(error)}`)
  );
}

/** Node's code of an error, e.g. `ECONNREFUSED`, or an empty text. */
export function codeOf(error: unknown): string {
  return textOf(error, 'code') ?? '';
}

function textOf(value: unknown, key: 'message' | 'code'): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text: unknown = readOrUndefined(value, key);
  return typeof text === 'string' ? text : undefined;
}

/** An error of the application may have a getter that throws. */
function readOrUndefined(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}
