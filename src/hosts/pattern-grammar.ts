import { parseConfiguredHost, withPort } from './configured-host.js';
import {
  formatIPv6,
  parseIPv4,
  parseIPv6,
  type Hextets,
} from './ip-address.js';
import { groupsOf, masked, type Network } from './network.js';

/**
 * A name, or an address with a port. `text` holds it in header form from
 * `start` on; if `start` is 1, a dot precedes it.
 */
export interface NameRule {
  readonly kind: 'name';
  readonly text: string;
  readonly start: 0 | 1;
  readonly port: number | undefined;
  /** Whether it allows the name itself. */
  readonly apex: boolean;
  /** Whether it allows the subdomains of the name, at any depth. */
  readonly subdomains: boolean;
}

/** A parsed pattern that was given as a string. */
export type TextRule =
  | NameRule
  /** A single address is a network, too. */
  | { readonly kind: 'network'; readonly network: Network }
  /** A word such as `loopback`. */
  | {
      readonly kind: 'group';
      readonly names: readonly NameRule[];
      readonly networks: readonly Network[];
    }
  | { readonly kind: 'any' };

/**
 * Parses a pattern that has no blanks around it; `undefined` if it is
 * malformed.
 */
export function ruleOf(text: string): TextRule | undefined {
  if (text === '*') return { kind: 'any' };
  if (text.includes('/')) {
    const network = networkOf(text);
    return network && { kind: 'network', network };
  }
  if (text.startsWith('.')) return subdomainRule(text, 1);
  if (text.startsWith('*.')) return subdomainRule(text, 2);
  const host = parseConfiguredHost(text);
  if (host === undefined) return undefined;
  const { kind, hostname, port } = host;
  const namedGroup = GROUPS.get(hostname);
  if (namedGroup) return port === undefined ? namedGroup() : undefined;
  const groups =
    // Stryker disable next-line ConditionalExpression,StringLiteral: fast path, a name has no groups
    kind === 'name' || port !== undefined ? undefined : parseAddress(hostname);
  return groups
    ? { kind: 'network', network: { groups, prefix: 16 * groups.length } }
    : {
        kind: 'name',
        text: withPort(host),
        start: 0,
        port,
        apex: true,
        subdomains: false,
      };
}

/** Whether a word is the name of a group of hosts, such as `loopback`. */
export function isGroup(word: string): boolean {
  return GROUPS.has(word.toLowerCase());
}

/** Parses an IPv4 or IPv6 address to its groups of 16 bits. */
export function parseAddress(text: string): Hextets | undefined {
  const bits = parseIPv4(text);
  return bits === undefined ? parseIPv6(text) : groupsOf(bits);
}

export function formatAddress(groups: Hextets): string {
  return groups.length === 8
    ? formatIPv6(groups)
    : groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}

/** @param prefixLength the length of "." or "*." */
function subdomainRule(
  text: string,
  prefixLength: 1 | 2,
): NameRule | undefined {
  const rest = text.slice(prefixLength);
  const host = parseConfiguredHost(rest);
  if (host?.kind !== 'name') return undefined;
  const key = withPort(host);
  // Stryker disable next-line ConditionalExpression: it only saves memory
  const isCanonical = rest === key;
  return {
    kind: 'name',
    text: isCanonical ? text.slice(prefixLength - 1) : key,
    start: isCanonical ? 1 : 0,
    port: host.port,
    apex: prefixLength === 1,
    subdomains: true,
  };
}

function networkOf(text: string): Network | undefined {
  const slash = text.indexOf('/');
  const suffix = text.slice(slash + 1);
  const groups = parseAddress(text.slice(0, slash).replace(BRACKETED, '$1'));
  const prefix = Number(suffix);
  if (
    groups === undefined ||
    !/^(?:0|[1-9]\d{0,2})$/.test(suffix) ||
    prefix > 16 * groups.length ||
    masked(groups, prefix).some((group, i) => group !== groups[i])
  )
    return undefined;
  return { groups, prefix };
}

function group(...patterns: readonly string[]) {
  const rules = patterns.map(ruleOf);
  return {
    kind: 'group',
    names: rules.flatMap((rule) => (rule?.kind === 'name' ? [rule] : [])),
    networks: rules.flatMap((rule) =>
      rule?.kind === 'network' ? [rule.network] : [],
    ),
  } as const;
}

/** An address in brackets. */
export const BRACKETED = /^\[([^[\]]*)\]$/;

/** The groups have the names and the networks of Express' `trust proxy`. */
const GROUPS = new Map([
  ['loopback', () => group('.localhost', '127.0.0.0/8', '::1/128')],
  ['linklocal', () => group('169.254.0.0/16', 'fe80::/10')],
  [
    'uniquelocal',
    () => group('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'),
  ],
]);
