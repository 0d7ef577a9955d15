import { types } from 'node:util';
import { isThenable } from './is-thenable.js';

/**
 * What is wrong with a value that should be a list. The text completes a
 * sentence that begins with its name.
 */
export function mistakeInList(value: unknown): string {
  const what = describe(value);
  const instead = isThenable(value)
    ? 'await it in the useFactory of forRootAsync.'
    : types.isRegExp(value) || typeof value === 'function'
      ? 'put it into an array.'
      : 'write a string such as "example.com, .example.org" or an array of patterns.';
  return `is ${what}: ${instead}`;
}

/** The type of a value that should be a pattern or a list of patterns. */
export function describe(value: unknown): string {
  if (value === undefined)
    return 'undefined (is an environment variable not set?)';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (types.isRegExp(value)) return 'a RegExp';
  if (typeof value === 'function') return 'a function';
  return isThenable(value) ? 'a Promise' : `of type ${typeof value}`;
}
