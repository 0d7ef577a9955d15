/**
 * A host as a string of its own. One that was cut out of a header keeps the whole header in memory for as long as it
 * is remembered: 150 MB for 12,000 names that came with 15 kB each.
 */
export function ownCopy(host: string): string {
  return Buffer.from(host, 'latin1').toString('latin1');
}
