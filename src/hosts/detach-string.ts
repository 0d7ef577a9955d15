/**
 * Copies a text so that it keeps nothing else in memory: a slice of a header
 * keeps the whole header for as long as the slice itself is kept.
 */
export function detachString(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
