import { masked } from './network.js';
import { advise, adviseHost } from './pattern-advice.js';
import {
  BRACKETED,
  formatAddress,
  parseAddress,
  ruleOf,
} from './pattern-grammar.js';

/** What is wrong with a pattern that has a "/". */
export function slashMistake(text: string): string | undefined {
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
    ? 'has an incomplete IPv4 address: write all four numbers, such as "10.0.0.0/16".'
    : `has a path: ${adviseHost(text)}`;
}

/** What is wrong with a "*" among the numbers of an IPv4 address. */
export function addressWildcard(text: string): string | undefined {
  const numbers = /^((?:\d{1,3}\.){1,3})\*(?:\.\*)*$/.exec(text)?.[1];
  if (numbers === undefined || text.split('.').length > 4) return undefined;
  const count = numbers.split('.').length - 1;
  const zeros = Array.from({ length: 4 - count }, () => '0').join('.');
  return `has a "*" in an address: ${advise(`${numbers}${zeros}/${8 * count}`, 'write a network such as "10.0.0.0/16".')}`;
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
    return `has a netmask after "/": ${advise(network, `write the prefix length, which is ${prefix}.`)}`;
  }
  // Stryker disable next-line EqualityOperator: the widest prefix has no host bits, so it is no mistake
  if (!/^(?:0|[1-9]\d{0,2})$/.test(suffix) || Number(suffix) > widest)
    return `needs a prefix length from 0 to ${widest} after "/".`;
  const lowest = formatAddress(masked(groups, Number(suffix)));
  return `has host bits set: did you mean "${lowest}/${suffix}"?`;
}

/**
 * How many bits a netmask sets from the left; `undefined` if it is not a
 * netmask.
 */
function lengthOf(mask: readonly number[]): number | undefined {
  const all = mask.map(() => 0xffff);
  for (let prefix = 0; prefix <= 16 * mask.length; prefix++) {
    if (masked(all, prefix).every((group, i) => group === mask[i]))
      return prefix;
  }
  return undefined;
}
