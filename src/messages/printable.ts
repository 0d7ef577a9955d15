import { types } from 'node:util';

const LONGEST = 60;

/** Any value as one short line of printable ASCII: what others sent must not write our log. */
export function quoted(value: unknown, longest = LONGEST): string {
  if (typeof value === 'string') {
    return asciiOnly(JSON.stringify(cut(value, longest)));
  }
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  if (types.isPromise(value)) return 'a Promise';
  // An object may have no text, or one that throws.
  return typeof value === 'object' && value !== null
    ? 'an object'
    : String(value);
}

/** Text on one line of printable ASCII, cut at `longest` characters. */
export function printable(text: string, longest: number): string {
  return asciiOnly(cut(text, longest));
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

function asciiOnly(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
