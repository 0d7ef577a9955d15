import { formatIPv6, parseIPv4, parseIPv6 } from '../hosts/ip-address.js';
import { quoted } from '../messages/printable.js';

/**
 * The canonical notation of an address (a dotted quad, or RFC 5952 without brackets), or `undefined` if the text is
 * not an address. Blanks, a port, brackets and a zone id are rejected.
 */
export function canonicalAddress(text: string): string | undefined {
  if (parseIPv4(text) !== undefined) return text;
  const groups = parseIPv6(text);
  return groups && formatIPv6(groups);
}

/**
 * Parses what a source returned, without duplicates. One invalid value rejects all of it: a source that returns
 * something else than addresses was misunderstood, and nobody knows which of its values are right.
 *
 * @throws {Error} naming the first value that is not an address
 */
export function canonicalAddresses(returned: unknown): readonly string[] {
  if (!Array.isArray(returned))
    throw new Error(`returned ${quoted(returned)}, not a list of IP addresses`);
  if (returned.length > MAX_ADDRESSES)
    throw new Error(
      `returned ${returned.length} addresses, more than the limit of ${MAX_ADDRESSES}`,
    );
  const addresses = returned.map((value: unknown) => {
    const address =
      typeof value === 'string' ? canonicalAddress(value) : undefined;
    if (address === undefined)
      throw new Error(`${quoted(value)} is not an IP address`);
    return address;
  });
  return [...new Set(addresses)];
}

/** More than any instance has. A longer list is an error of its sender and would fill the memory and the log. */
export const MAX_ADDRESSES = 4096;
