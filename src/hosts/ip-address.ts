import { COLON, DOT, NINE, ZERO } from './character-codes.js';

/** The eight 16-bit groups of an IPv6 address. */
export type Hextets = readonly number[];

/**
 * Parses a canonical dotted quad to its 32 bits; `undefined` for any other
 * text. Resolvers disagree about shorthand, octal and hexadecimal spellings
 * (`127.1`, `0177.0.0.1`), so these are not addresses here.
 *
 * @param end where the address ends in the text, e.g. before a port. So the
 * caller makes no copy.
 */
export function parseIPv4(
  text: string,
  start = 0,
  end = text.length,
): number | undefined {
  let bits = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return undefined;
      bits = bits * 256 + octet;
      octet = -1;
    } else {
      if (code < ZERO || code > NINE || octet === 0) return undefined;
      // Stryker disable next-line EqualityOperator: a leading zero is rejected above
      octet = (octet < 0 ? 0 : octet * 10) + code - ZERO;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet >= 0 ? bits * 256 + octet : undefined;
}

/**
 * Parses an IPv6 address in any spelling of RFC 4291 §2.2, without zone ID and
 * brackets; `undefined` for any other text.
 *
 * @param end where the address ends in the text, at no character of an address
 */
export function parseIPv6(
  text: string,
  start = 0,
  end = text.length,
): Hextets | undefined {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  let count = 0;
  let gap = text.startsWith('::', start) ? 0 : -1;
  let at = gap === 0 ? start + 2 : start;
  while (at < end) {
    if (count === 8) return undefined;
    const first = at;
    let group = 0;
    for (; at - first < 4; at++) {
      const digit = HEX_DIGIT[text.charCodeAt(at)] ?? NO_DIGIT;
      if (digit === NO_DIGIT) break;
      group = group * 16 + digit;
    }
    if (text.charCodeAt(at) === DOT) {
      const bits = count < 7 ? parseIPv4(text, first, end) : undefined;
      if (bits === undefined) return undefined;
      groups[count++] = Math.floor(bits / 65_536);
      groups[count++] = bits % 65_536;
      break;
    }
    if (at === first) return undefined;
    groups[count++] = group;
    if (at === end) break;
    if (text.charCodeAt(at++) !== COLON || at === end) return undefined;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined;
      gap = count;
      at++;
    }
  }
  return fillGap(groups, count, gap);
}

/** Moves the groups after `::` to the end, in place. */
function fillGap(
  groups: number[],
  count: number,
  gap: number,
): Hextets | undefined {
  if (gap < 0) return count === 8 ? groups : undefined;
  if (count === 8) return undefined;
  for (let from = count - 1, to = 7; from >= gap; from--, to--) {
    groups[to] = groups[from] ?? 0;
    groups[from] = 0;
  }
  return groups;
}

/**
 * Formats an IPv6 address by RFC 5952: lower case, no leading zeros, `::` for
 * the first longest run of zero groups, `::ffff:a.b.c.d` for a mapped IPv4
 * address (§5).
 */
export function formatIPv6(groups: Hextets): string {
  const [, , , , , sixth = 0, seventh = 0, eighth = 0] = groups;
  if (sixth === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${seventh >> 8}.${seventh & 255}.${eighth >> 8}.${eighth & 255}`;
  }
  let start = -1;
  let length = 1; // RFC 5952 §4.2.2: a single zero group is not shortened
  // Stryker disable next-line EqualityOperator: there is no ninth group
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += '::';
      i += length - 1;
    } else {
      if (i > 0 && i !== start + length) text += ':';
      text += hex(groups[i] ?? 0);
    }
  }
  return text;
}

/** Like `toString(16)`, but faster. */
function hex(group: number): string {
  const low = HEX_BYTE[group & 255] ?? '';
  if (group < 256) return low;
  return (HEX_BYTE[group >> 8] ?? '') + (low.length < 2 ? `0${low}` : low);
}

const HEX_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const NO_DIGIT = 16;
const HEX_DIGIT = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? NO_DIGIT : digit;
});
