import { parseConfiguredHost } from './configured-host.js';
import { parseHostHeader } from './host-header.js';
import { parseIPv6 } from './ip-address.js';
import { addressWildcard, slashMistake } from './network-mistakes.js';
import { advise, adviseHost, EXAMPLES } from './pattern-advice.js';
import { isGroup } from './pattern-grammar.js';

/**
 * What is wrong with a malformed pattern, and what to write instead. The text
 * completes a sentence that begins with the pattern, e.g. `has a path: write
 * "example.com".`
 */
export function mistakeIn(text: string): string {
  for (const mistake of MISTAKES) {
    const sentence = mistake(text);
    if (sentence !== undefined) return sentence;
  }
  const host = parseHostHeader(text);
  // Stryker disable next-line StringLiteral: only TypeScript needs the text for a host without a fault
  return `is not a host (${host.ok ? 'it is malformed' : host.detail}): ${EXAMPLES}`;
}

type Mistake = (text: string) => string | undefined;

function quotationMarks(text: string): string | undefined {
  if (!/["'`\u2032-\u2037\uff02\uff07\p{Pi}\p{Pf}\u201a\u201e]/u.test(text))
    return undefined;
  const inside = text.replace(
    /^[["'`\p{Pi}\p{Pf}\u201a\u201e]+|["'`\p{Pi}\p{Pf}\]]+$/gu,
    '',
  );
  return `contains quotation marks: ${advise(inside, 'write it without them.')}`;
}

function severalPatterns(text: string): string | undefined {
  return /[\s,;|]/.test(text)
    ? 'contains a separator: give each pattern an entry of its own in the array, or give hosts as one string with commas between the patterns.'
    : undefined;
}

function exclusion(text: string): string | undefined {
  return text.startsWith('!')
    ? 'begins with "!": a pattern can allow hosts, not exclude them. Remove it, or write a function that decides.'
    : undefined;
}

function regExpInString(text: string): string | undefined {
  return /^\/[^/].*\/[a-z]*$/.test(text) || /^\^|\$$|\\[.dw]/.test(text)
    ? String.raw`is a regular expression in a string: write it without quotes, as a RegExp such as /tenant-\d+\.example\.net/.`
    : undefined;
}

function scheme(text: string): string | undefined {
  const [prefix] =
    /^(?:[a-z][a-z\d+.-]*:\/\/|(?:https?|wss?):(?!\d))/i.exec(text) ?? [];
  return prefix === undefined
    ? undefined
    : `has a scheme: ${adviseHost(text.slice(prefix.length))}`;
}

function zone(text: string): string | undefined {
  const address = /^\[?([^%[\]]*)%/.exec(text)?.[1];
  return address !== undefined && parseIPv6(address)
    ? `has a zone ID, which a Host header never carries: remove it, together with its "%".`
    : undefined;
}

function wildcard(text: string): string | undefined {
  if (!text.includes('*')) return undefined;
  if (text.endsWith(':*'))
    return `has a "*" for a port: ${advise(text.slice(0, -2), 'leave the port out.')} A pattern without a port allows every port.`;
  const mistake = addressWildcard(text);
  if (mistake !== undefined) return mistake;
  return 'has a "*" that is not at its front: write a pattern such as ".example.com" for a name and its subdomains, a pattern such as "*.example.com" for its subdomains only, or a RegExp.';
}

function dotBeforeAddress(text: string): string | undefined {
  const [, front = '', rest = ''] = /^(\*?\.)(.+)/.exec(text) ?? [];
  // With a name it would be no mistake.
  if (parseConfiguredHost(rest) === undefined) return undefined;
  return `puts "${front}" before an address: write "${rest}", or a network such as "10.0.0.0/16".`;
}

function groupWithPort(text: string): string | undefined {
  const [word = ''] = text.split(/\.?:/);
  return isGroup(word)
    ? `gives a port to a group of hosts: write "${word}", which allows every port.`
    : undefined;
}

/**
 * A name with one colon, after which there is a word, or a number that is not a
 * port.
 */
function badPort(text: string): string | undefined {
  const host = /^([^:]+):[\w-]*$/.exec(text)?.[1];
  return host !== undefined && !/^[\da-f]{1,4}$/i.test(host)
    ? `has a port that is not a number from 0 to 65535: ${advise(host)}`
    : undefined;
}

/** The first mistake that applies is reported. */
const MISTAKES: readonly Mistake[] = [
  (text) =>
    text === ''
      ? 'is empty: write a host such as "example.com", or remove it.'
      : undefined,
  quotationMarks,
  exclusion,
  regExpInString,
  severalPatterns,
  scheme,
  (text) =>
    text.includes('@') ? `has a user name: ${adviseHost(text)}` : undefined,
  zone,
  dotBeforeAddress,
  wildcard,
  slashMistake,
  (text) =>
    /^\[\d+\.\d+\.\d+\.\d+\]/.test(text)
      ? `has an IPv4 address in brackets: ${advise(text.replace(/[[\]]/g, ''))}`
      : undefined,
  groupWithPort,
  badPort,
];
