import { formatIPv6, parseIPv4, parseIPv6 } from '../hosts/ip-address.js';
import { quoted } from '../messages/printable.js';

/** More than any instance has. A longer answer is a fault of its sender, and would fill memory and log. */
export const MAX_ADDRESSES = 4096;

/**
 * The canonical spelling of an address (a dotted quad, or RFC 5952 without brackets), or `undefined`.
 * Blanks, ports, brackets and zone ids are no part of an address.
 */
export function canonicalAddress(text: string): string | undefined {
  if (parseIPv4(text) !== undefined) return text;
  const groups = parseIPv6(text);
  return groups && formatIPv6(groups);
}

/**
 * All of an answer, or nothing of it: a source that names one thing that is no address
 * is not parseAddresses, and guessing which of the rest are right is not ours.
 *
 * @throws {Error} naming the first value that is no address
 */
export function canonicalAddresses(answer: unknown): readonly string[] {
  if (!Array.isArray(answer))
    throw new Error(
      `the answer is ${quoted(answer)}, not a list of IP addresses`,
    );
  if (answer.length > MAX_ADDRESSES)
    throw new Error(
      `the answer has ${answer.length} addresses, more than the ${MAX_ADDRESSES} that are taken`,
    );
  const addresses = answer.map((value: unknown) => {
    const address =
      typeof value === 'string' ? canonicalAddress(value) : undefined;
    if (address === undefined)
      throw new Error(`${quoted(value)} is not an IP address`);
    return address;
  });
  return [...new Set(addresses)];
}
