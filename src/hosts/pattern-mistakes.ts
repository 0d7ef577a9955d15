/**
 * What is wrong with a pattern, and what to write instead. The advice names no host that the operator did not write
 * whole: who copies it must not open the application to a host that was never meant.
 */
import { types } from 'node:util';
import { parseHostHeader } from './host-header.js';
import { parseIPv6 } from './ip-address.js';
import { masked } from './network-set.js';
import {
  BRACKETED,
  formatAddress,
  isGroup,
  parseAddress,
  ruleOf,
} from './pattern-grammar.js';
import { parseConfiguredHost } from './configured-host.js';

/** Completes the sentence that begins with the pattern: "has a path: write "example.com"." */
export function mistakeIn(text: string): string {
  for (const mistake of MISTAKES) {
    const sentence = mistake(text);
    if (sentence !== undefined) return sentence;
  }
  const host = parseHostHeader(text);
  return `is not a host (${host.ok ? 'it is malformed' : host.detail}): ${EXAMPLES}`;
}

/** What a value is that ought to be a pattern or a list of them. */
export function describe(value: unknown): string {
  if (value === undefined)
    return 'undefined (is an environment variable not set?)';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (types.isRegExp(value)) return 'a RegExp';
  if (typeof value === 'function') return 'a function';
  return isThenable(value) ? 'a Promise' : `of type ${typeof value}`;
}

/** What is wrong with a value in place of a list, as {@link mistakeIn}. */
export function mistakeInList(value: unknown): string {
  const what = describe(value);
  const instead = isThenable(value)
    ? 'await it in the useFactory of forRootAsync.'
    : types.isRegExp(value) || typeof value === 'function'
      ? 'put it into an array.'
      : 'write a string such as "example.com, .example.org" or an array of patterns.';
  return `is ${what}: ${instead}`;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'then') === 'function'
  );
}

const EXAMPLES =
  'write a host such as "example.com", "10.0.3.17" or "[fd00::1]".';

type Mistake = (text: string) => string | undefined;

/** The first that applies is reported. */
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
    text.includes('@') ? `has a user name: ${writeHostOf(text)}` : undefined,
  zone,
  dotBeforeAddress,
  wildcard,
  slash,
  (text) =>
    /^\[\d+\.\d+\.\d+\.\d+\]/.test(text)
      ? `has an IPv4 address in brackets: ${write(text.replace(/[[\]]/g, ''))}`
      : undefined,
  groupWithPort,
  badPort,
];

function quotationMarks(text: string): string | undefined {
  if (!/["'`\u2032-\u2037\uff02\uff07\p{Pi}\p{Pf}\u201a\u201e]/u.test(text))
    return undefined;
  const inside = text.replace(
    /^[["'`\p{Pi}\p{Pf}\u201a\u201e]+|["'`\p{Pi}\p{Pf}\]]+$/gu,
    '',
  );
  return `contains quotation marks: ${write(inside, 'write it without them.')}`;
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
    : `has a scheme: ${writeHostOf(text.slice(prefix.length))}`;
}

function zone(text: string): string | undefined {
  const address = /^\[?([^%[\]]*)%/.exec(text)?.[1];
  return address !== undefined && parseIPv6(address)
    ? `has a zone ID, which a Host header never carries: remove "%" and what follows it from the address.`
    : undefined;
}

function wildcard(text: string): string | undefined {
  if (!text.includes('*')) return undefined;
  if (text.endsWith(':*'))
    return `has a "*" for a port: ${write(text.slice(0, -2), 'leave the port out.')} A pattern without a port allows every port.`;
  const numbers = /^((?:\d{1,3}\.){1,3})\*(?:\.\*)*$/.exec(text)?.[1];
  if (numbers !== undefined && text.split('.').length <= 4) {
    const count = numbers.split('.').length - 1;
    const network = `${numbers}${Array.from({ length: 4 - count }, () => '0').join('.')}/${8 * count}`;
    return `has a "*" in an address: ${write(network, 'write a network such as "10.0.0.0/16".')}`;
  }
  return 'has a "*" that is not at its front: write a pattern such as ".example.com" for a name and all below it, such as "*.example.com" for those below it alone, or a RegExp.';
}

function slash(text: string): string | undefined {
  if (!text.includes('/')) return undefined;
  const whole = BRACKETED.exec(text)?.[1];
  if (whole !== undefined && ruleOf(whole))
    return `has its prefix length inside the brackets: write "${whole}".`;
  const at = text.indexOf('/');
  const address = text.slice(0, at).replace(BRACKETED, '$1');
  const suffix = text.slice(at + 1);
  const groups = parseAddress(address);
  if (groups) return networkMistake(address, groups, suffix);
  return /^\d{1,3}(?:\.\d{1,3}){0,2}\.?$/.test(address) && /^\d+$/.test(suffix)
    ? 'has an IPv4 address that is not whole: write all four numbers, such as "10.0.0.0/16".'
    : `has a path: ${writeHostOf(text)}`;
}

function networkMistake(
  address: string,
  groups: readonly number[],
  suffix: string,
): string {
  const widest = 16 * groups.length;
  const mask = groups.length === 2 ? parseAddress(suffix) : undefined;
  const prefix = mask ? lengthOf(mask) : Number(suffix);
  if (mask && prefix !== undefined) {
    const network = `${address}/${prefix}`;
    return `has a netmask after "/": ${write(network, `write the prefix length, which is ${prefix}.`)}`;
  }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(suffix) || Number(suffix) > widest)
    return `needs a prefix length from 0 to ${widest} after "/".`;
  const lowest = formatAddress(masked(groups, Number(suffix)));
  return `has host bits set: did you mean "${lowest}/${suffix}"?`;
}

/** How many bits a netmask sets from the left; `undefined` where others are set, too. */
function lengthOf(mask: readonly number[]): number | undefined {
  const all = mask.map(() => 0xffff);
  for (let prefix = 0; prefix <= 16 * mask.length; prefix++) {
    if (masked(all, prefix).every((group, i) => group === mask[i]))
      return prefix;
  }
  return undefined;
}

function dotBeforeAddress(text: string): string | undefined {
  const [, front = '', rest = ''] = /^(\*?\.)(.+)$/.exec(text) ?? [];
  const host = parseConfiguredHost(rest);
  if (host === undefined || host.kind === 'name') return undefined;
  return `puts "${front}" before an address: write "${rest}", or a network such as "10.0.0.0/16".`;
}

function groupWithPort(text: string): string | undefined {
  const [word = ''] = text.split(/\.?:/);
  return isGroup(word)
    ? `gives a port to a group of hosts: write "${word}", which allows every port.`
    : undefined;
}

/** A name, and behind its only colon a word or a number that is no port. */
function badPort(text: string): string | undefined {
  const [, host, port] = /^([^:]+):([\w-]*)$/.exec(text) ?? [];
  return host !== undefined &&
    port !== undefined &&
    !/^[\da-f]{1,4}$/i.test(host)
    ? `has a port that is not a number from 0 to 65535: ${write(host)}`
    : undefined;
}

function write(text: string, otherwise = EXAMPLES): string {
  return isPlain(text) ? `write "${text}".` : otherwise;
}

/** For the host in what is left of a URL, where there can be no doubt which it is. */
function writeHostOf(text: string): string {
  const [, host = ''] = /^(?:[\w-]+@)?([^@/]+)(?:\/[^@\\]*)?$/.exec(text) ?? [];
  return write(host.replace(/:\*$/, ''));
}

function isPlain(text: string): boolean {
  const rule = ruleOf(text);
  return rule !== undefined && rule.kind !== 'any';
}
