import { types } from 'node:util';

/**
 * Formats any value as one short line of printable ASCII, so that a foreign
 * value cannot forge log lines.
 */
export function quoted(value: unknown, maxLength = MAX_LENGTH): string {
  if (typeof value === 'string') {
    return asciiOnly(JSON.stringify(cut(value, maxLength)));
  }
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  if (types.isPromise(value)) return 'a Promise';
  // An object may have no toString(), or one that throws.
  return typeof value === 'object' && value !== null
    ? 'an object'
    : String(value);
}

/**
 * Escapes a text to one line of printable ASCII, and cuts it after `maxLength`
 * characters.
 */
export function printable(text: string, maxLength: number): string {
  return asciiOnly(cut(text, maxLength));
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
}

function asciiOnly(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const MAX_LENGTH = 60;
