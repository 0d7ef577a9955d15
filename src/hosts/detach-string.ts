/**
 * A text that keeps nothing else alive. A text that was cut out of a header keeps the whole header in memory for as
 * long as it is kept itself.
 */
export function detachString(text: string): string {
  const copy = Buffer.from(text, 'latin1').toString('latin1');
  return copy === text
    ? copy
    : Buffer.from(text, 'utf16le').toString('utf16le');
}
