/** The eight 16-bit groups of an IPv6 address. */
export type Hextets = readonly number[];

/**
 * The 32 bits of a canonical dotted quad, or `undefined`.
 * Shorthand, octal and hexadecimal spellings (`127.1`, `0177.0.0.1`) are none:
 * resolvers disagree about them, so they name no host here.
 */
export function parseIPv4(text: string): number | undefined {
  let bits = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return undefined;
      bits = bits * 256 + octet;
      octet = -1;
    } else {
      if (code < ZERO || code > NINE || octet === 0) return undefined;
      octet = (octet < 0 ? 0 : octet * 10) + code - ZERO;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet >= 0 ? bits * 256 + octet : undefined;
}

/** The groups of an IPv6 address in any RFC 4291 §2.2 spelling, without zone id; or `undefined`. */
export function parseIPv6(text: string): Hextets | undefined {
  // The longest spelling has 45 characters; what is longer is not worth splitting.
  if (text.length < 2 || text.length > 45) return undefined;
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = parseGroups(text, true);
    return groups?.length === 8 ? groups : undefined;
  }
  const head = parseGroups(text.slice(0, gap), false);
  const tail = parseGroups(text.slice(gap + 2), true);
  if (!head || !tail || head.length + tail.length > 7) return undefined;
  return [
    ...head,
    ...new Array<number>(8 - head.length - tail.length).fill(0),
    ...tail,
  ];
}

/** RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`, `::ffff:a.b.c.d` mixed (§5). */
export function formatIPv6(groups: Hextets): string {
  const [, , , , , sixth = 0, seventh = 0, eighth = 0] = groups;
  if (sixth === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${seventh >> 8}.${seventh & 255}.${eighth >> 8}.${eighth & 255}`;
  }
  let start = -1;
  let length = 1; // RFC 5952 §4.2.2: a single zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function parseGroups(
  text: string,
  mayEndInIPv4: boolean,
): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (mayEndInIPv4 && i === parts.length - 1 && part.includes('.')) {
      const bits = parseIPv4(part);
      if (bits === undefined) return undefined;
      groups.push(Math.floor(bits / 65536), bits % 65536);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

const DOT = 46;
const ZERO = 48;
const NINE = 57;
