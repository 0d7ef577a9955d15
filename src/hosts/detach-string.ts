/**
 * Copies a text so that it keeps nothing else in memory: a slice of a header
 * keeps the whole header for as long as the slice itself is kept.
 */
export function detachString(text: string): string {
  const copy = Buffer.from(text, 'latin1').toString('latin1');
  return copy === text
    ? copy
    : Buffer.from(text, 'utf16le').toString('utf16le');
}
