import {
  type Host,
  isBelow,
  isPort,
  MAX_HEADER,
  parseHostHeader,
} from './host-header.js';
import {
  type HostPattern,
  HostPatternError,
  type HostRule,
  parsePattern,
} from './host-pattern.js';
import { HostPredicates } from './host-predicates.js';
import { BELOW, LISTED, NameTable } from './name-table.js';
import { type Network, NetworkSet } from './network-set.js';

export interface HostListOptions {
  /** What errors call the list; `hosts` by default. */
  readonly name?: string;
  /** Told when a predicate throws or rejects, which refuses the host. */
  readonly onPredicateError?: (error: unknown) => void;
}

/**
 * Patterns, compiled: a verdict costs the same for ten names as for a million.
 *
 * @example
 * const list = HostList.from(['example.com', '.example.org', '10.0.0.0/16']);
 * list.allows('api.example.org:8443'); // true
 * list.allows('example.com.evil.test'); // false
 */
export class HostList {
  /** The patterns as they were given, as text. */
  readonly patterns: readonly string[];
  /** What an operator should know about the list, a sentence each. */
  readonly warnings: readonly string[];

  /** In header form: `example.com`, `pin.example.com:8443`, `[fd00::1]:8443`. */
  readonly #names = new NameTable();
  /** Whether any name has a port. */
  #pins = false;
  readonly #networks: NetworkSet;
  readonly #regexps: RegExp[] = [];
  readonly #predicates: HostPredicates;
  #any = false;

  /**
   * Compiles patterns. A string is split at commas and white space, as from an environment variable.
   *
   * @throws {HostPatternError} on a malformed pattern or an empty list; the message says what to write instead
   */
  static from(
    patterns: string | readonly HostPattern[],
    options: HostListOptions = {},
  ): HostList {
    const name = options.name ?? 'hosts';
    const list =
      typeof patterns === 'string'
        ? patterns.split(/[\s,]+/).filter(Boolean)
        : patterns;
    if (!Array.isArray(list)) {
      throw new HostPatternError(
        `${name} is not a list: write a string such as "example.com, .example.org" or an array of patterns.`,
      );
    }
    if (list.length === 0) {
      throw new HostPatternError(
        `${name} is empty, so that no request could be answered: write at least one pattern, such as "example.com".`,
      );
    }
    return new HostList(list, name, options.onPredicateError);
  }

  private constructor(
    patterns: readonly HostPattern[],
    name: string,
    onPredicateError: ((error: unknown) => void) | undefined,
  ) {
    this.#predicates = new HostPredicates(onPredicateError);
    const warnings: string[] = [];
    const networks: Network[] = [];
    for (const [i, pattern] of patterns.entries()) {
      const where = () => `${name}[${i}]`;
      const rule = parsePattern(pattern, where);
      if (rule.kind === 'network') networks.push(rule.network);
      else this.#add(rule);
      const warning = warningFor(rule, where, pattern);
      if (warning !== undefined) warnings.push(warning);
    }
    this.#networks = new NetworkSet(networks);
    this.warnings = warnings;
    this.patterns = patterns.map((pattern) =>
      typeof pattern === 'function'
        ? `function ${pattern.name || '(anonymous)'}`
        : String(pattern),
    );
  }

  /**
   * Whether a header value names an allowed host. `null` and `undefined` stand for an absent header.
   * Never throws. A predicate that answers with a promise counts as a refusal here; the gate and the guard await it.
   */
  allows(value: string | null | undefined): boolean {
    if (this.allowsAsListed(value)) return true;
    const host = parseHostHeader(value);
    return host.ok && this.matches(host) === true;
  }

  /**
   * Whether a listed name allows the value as it is written: one walk, which serves nearly every request. Sound
   * because each entry is well formed and canonical, and what stands around it is checked. `false` says nothing yet.
   */
  allowsAsListed(value: string | null | undefined): boolean {
    if (typeof value !== 'string' || value.length > MAX_HEADER) return false;
    // Addresses are looked up as such.
    if (value.charCodeAt(0) === OPEN) return false;
    const end = this.#pins ? value.length : endOfHost(value);
    const start = this.#names.find(value, end);
    return (
      start >= 0 &&
      (start === 0 || isBelow(value, start, end)) &&
      (end === value.length || isPort(value, end))
    );
  }

  /** Whether a well-formed host is allowed; a promise only where a predicate gives one. */
  matches(host: Host, request?: unknown): boolean | Promise<boolean> {
    if (this.#any || this.#listed(host) || this.#inNetwork(host)) return true;
    if (this.#regexps.some((regexp) => regexp.test(host.hostname))) return true;
    return this.#predicates.allow(host, request);
  }

  #listed({ kind, hostname, port }: Host): boolean {
    // Without a port an address is a network of one.
    if (kind === 'name' && this.#names.find(hostname) >= 0) return true;
    if (port === undefined || !this.#pins) return false;
    const host = kind === 'ipv6' ? `[${hostname}]` : hostname;
    return this.#names.find(`${host}:${port}`) >= 0;
  }

  #inNetwork(host: Host): boolean {
    if (host.kind === 'name') return false;
    return host.kind === 'ipv4'
      ? this.#networks.hasIPv4(host.hostname)
      : this.#networks.hasIPv6(host.hostname);
  }

  #add(rule: Exclude<HostRule, { kind: 'network' }>): void {
    switch (rule.kind) {
      case 'exact':
        this.#pins ||= /:\d+$/.test(rule.key);
        this.#names.add(rule.key, LISTED);
        break;
      case 'below':
        this.#pins ||= rule.port !== '';
        this.#names.add(
          rule.suffix + rule.port,
          rule.apex ? LISTED | BELOW : BELOW,
        );
        break;
      case 'any':
        this.#any = true;
        break;
      case 'regexp':
        this.#regexps.push(rule.regexp);
        break;
      case 'predicate':
        this.#predicates.add(rule.predicate);
        break;
    }
  }
}

/** Where a host ends and its port begins: three steps from the right, and no copy of the host, which costs 40 ns. */
function endOfHost(value: string): number {
  let at = value.length - 1;
  while (at > 0 && isDigit(value.charCodeAt(at))) at--;
  return at > 0 && at < value.length - 1 && value.charCodeAt(at) === COLON
    ? at
    : value.length;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const COLON = 58;
const OPEN = 91;

function warningFor(
  rule: HostRule,
  where: () => string,
  pattern: HostPattern,
): string | undefined {
  if (rule.kind === 'any') {
    return `${where()} "*" allows every well-formed host: Host is not validated, and DNS rebinding works. Name your hosts instead.`;
  }
  const key =
    rule.kind === 'exact' ? rule.key : rule.kind === 'below' ? rule.port : '';
  const port = /:(80|443)$/.exec(key)?.[1];
  return port === undefined
    ? undefined
    : `${where()} ${JSON.stringify(pattern)} pins port ${port}, which no browser puts into Host: write it without the port.`;
}
