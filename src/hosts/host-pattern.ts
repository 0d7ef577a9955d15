import type { Host } from './host-header.js';
import {
  formatIPv6,
  type Hextets,
  parseIPv4,
  parseIPv6,
} from './ip-address.js';
import { groupsOf, masked, type Network } from './network-set.js';
import { parseWrittenHost, suggest, withPort } from './written-host.js';

/**
 * Decides about a host itself. It gets the canonical host and, where there is one, the request;
 * only `true` (or a promise of it) allows, a throw or a rejection refuses.
 */
export type HostPredicate = (
  host: Host,
  request?: unknown,
) => boolean | Promise<boolean>;

/** What a list is made of; the README's table says what each spelling allows. */
export type HostPattern = string | RegExp | HostPredicate;

/** A name, or an address with a port. Its key, in header form, is `text`, after a dot where `start` is 1. */
export interface NameRule {
  readonly kind: 'name';
  readonly text: string;
  readonly start: 0 | 1;
  readonly port: number | undefined;
  /** Whether it allows the name itself, and what is below the name. */
  readonly itself: boolean;
  readonly below: boolean;
}

/** A pattern, understood. */
export type HostRule =
  | NameRule
  /** One address is the narrowest network. */
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'any' }
  | { readonly kind: 'regexp'; readonly regexp: RegExp }
  | { readonly kind: 'predicate'; readonly predicate: HostPredicate };

/** A pattern that cannot be understood; the message says where it stands and what to write instead. */
export class HostPatternError extends Error {
  override readonly name = 'HostPatternError';
}

/**
 * Reads one pattern.
 *
 * @param where what to call the pattern in an error, e.g. `hosts[2]`; asked only then
 * @throws {HostPatternError} naming `where`, the pattern, and what to write instead
 */
export function parsePattern(
  pattern: HostPattern,
  where: () => string,
): HostRule {
  if (typeof pattern === 'function')
    return { kind: 'predicate', predicate: pattern };
  if (pattern instanceof RegExp)
    return { kind: 'regexp', regexp: anchored(pattern) };
  if (typeof pattern !== 'string') {
    throw new HostPatternError(
      `${where()} is ${describe(pattern)}: write a string such as "example.com", a RegExp or a function.`,
    );
  }
  const wrong = (why: string): never => {
    throw new HostPatternError(`${where()} ${JSON.stringify(pattern)} ${why}`);
  };
  const text = pattern.trim();
  if (text === '')
    return wrong('is empty: write a host such as "example.com", or remove it.');
  if (text === '*') return { kind: 'any' };
  if (text.includes('://'))
    return wrong(
      `has a scheme: ${suggest(text.slice(text.indexOf('://') + 3))}`,
    );
  if (text.includes('/')) return network(text, wrong);
  if (text.startsWith('.') || text.startsWith('*.')) return below(text, wrong);
  if (text.includes('*')) {
    return wrong(
      'has a "*" that is not at its front: write ".example.com" for a name and all below it, "*.example.com" for those below it alone, or a RegExp.',
    );
  }
  const host = parseWrittenHost(text, wrong);
  const groups = host.port === undefined ? groupsOfHost(host) : undefined;
  return groups
    ? { kind: 'network', network: { groups, prefix: 16 * groups.length } }
    : {
        kind: 'name',
        text: withPort(host),
        start: 0,
        port: host.port,
        itself: true,
        below: false,
      };
}

function below(text: string, wrong: (why: string) => never): HostRule {
  const apex = text.startsWith('.');
  const rest = text.slice(apex ? 1 : 2);
  if (rest.includes('*')) {
    return wrong(
      'has a "*" that is not at its front: write ".example.com" or "*.example.com", or a RegExp.',
    );
  }
  const host = parseWrittenHost(rest, wrong);
  if (host.kind !== 'name') {
    return wrong(
      `puts ${text.startsWith('.') ? '"."' : '"*."'} before an address: write "${rest}", or a network such as "10.0.0.0/16".`,
    );
  }
  const key = withPort(host);
  const asWritten = rest === key;
  return {
    kind: 'name',
    text: asWritten ? text.slice(apex ? 0 : 1) : key,
    start: asWritten ? 1 : 0,
    port: host.port,
    itself: apex,
    below: true,
  };
}

function network(text: string, wrong: (why: string) => never): HostRule {
  const slash = text.indexOf('/');
  const address = text.slice(0, slash).replace(/^\[(.*)\]$/, '$1');
  const suffix = text.slice(slash + 1);
  const groups = parseAddress(address);
  if (groups === undefined) {
    return wrong(`has a path: ${suggest(text)}`);
  }
  const prefix = Number(suffix);
  const widest = 16 * groups.length;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(suffix) || prefix > widest) {
    return wrong(
      `has no prefix length from 0 to ${widest} after its "/": write "${address}/${widest}" for that one address.`,
    );
  }
  const lowest = masked(groups, prefix);
  if (lowest.some((group, i) => group !== groups[i])) {
    return wrong(
      `has host bits set: did you mean "${formatAddress(lowest)}/${prefix}"?`,
    );
  }
  return { kind: 'network', network: { groups, prefix } };
}

function groupsOfHost({ kind, hostname }: Host): Hextets | undefined {
  return kind === 'name' ? undefined : parseAddress(hostname);
}

function parseAddress(text: string): Hextets | undefined {
  const bits = parseIPv4(text);
  return bits === undefined ? parseIPv6(text) : groupsOf(bits);
}

function formatAddress(groups: Hextets): string {
  return groups.length === 8
    ? formatIPv6(groups)
    : groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}

/** The whole host must match, whatever the case; `g` and `y` keep state from call to call, `m` moves the anchors. */
function anchored(regexp: RegExp): RegExp {
  return new RegExp(
    `^(?:${regexp.source})$`,
    `${regexp.flags.replace(/[gimy]/g, '')}i`,
  );
}

function describe(value: unknown): string {
  return value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : `of type ${typeof value}`;
}
