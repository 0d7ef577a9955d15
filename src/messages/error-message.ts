import { quoted } from './printable.js';

/**
 * The message of anything that was thrown. It does not use `instanceof`: in a
 * test runner, an error may come from another realm.
 */
export function errorMessage(error: unknown): string {
  return (
    textOf(error, 'message') ??
    (typeof error === 'string' ? error : `threw ${quoted(error)}`)
  );
}

/**
 * The code of an error of Node, e.g. `ECONNREFUSED`; an empty string if there
 * is none.
 */
export function errorCode(error: unknown): string {
  return textOf(error, 'code') ?? '';
}

function textOf(value: unknown, key: 'message' | 'code'): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text: unknown = readSafely(value, key);
  return typeof text === 'string' ? text : undefined;
}

/** An error may have a getter that throws. */
function readSafely(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}
