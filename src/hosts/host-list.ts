import { type Host, parseHostHeader } from './host-header.js';
import {
  type HostPattern,
  HostPatternError,
  parsePattern,
} from './host-pattern.js';
import { HostPredicates } from './host-predicates.js';
import { ListedHosts } from './listed-hosts.js';
import type { Network } from './network-set.js';
import type { NameRule } from './pattern-grammar.js';
import { mistakeInList } from './pattern-mistakes.js';
import { warningFor } from './pattern-warnings.js';

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

  readonly #listed: ListedHosts;
  readonly #regexps: RegExp[] = [];
  readonly #predicates: HostPredicates;
  #any = false;
  /** Whether a value that is not listed as it is written may be allowed all the same. */
  readonly #readsHosts: boolean;

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
      typeof patterns === 'string' ? split(patterns, name) : patterns;
    if (!Array.isArray(list))
      throw new HostPatternError(`${name} ${mistakeInList(list)}`);
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
    const names: NameRule[] = [];
    const networks: Network[] = [];
    let readsHosts = false;
    for (const [i, pattern] of patterns.entries()) {
      const where = () => `${name}[${i}]`;
      const rule = parsePattern(pattern, where);
      const warning = warningFor(rule, pattern);
      if (warning !== undefined) warnings.push(`${where()} ${warning}`);
      if (rule.kind === 'name') names.push(rule);
      else if (rule.kind === 'network') networks.push(rule.network);
      else if (rule.kind === 'group') {
        names.push(...rule.names);
        networks.push(...rule.networks);
      } else {
        readsHosts = true;
        if (rule.kind === 'any') this.#any = true;
        else if (rule.kind === 'regexp') this.#regexps.push(rule.regexp);
        else this.#predicates.add(rule.predicate);
      }
    }
    this.#listed = new ListedHosts(names, networks);
    this.#readsHosts = readsHosts || this.#listed.pinned;
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
    if (typeof value !== 'string') return false;
    if (this.#listed.allows(value)) return true;
    if (!this.#readsHosts) return false;
    const host = parseHostHeader(value);
    return host.ok && this.matches(host) === true;
  }

  /** Whether a name or a network in the list allows the value as it is written; the rest of the list is not asked. */
  allowsAsListed(value: string | null | undefined): boolean {
    return typeof value === 'string' && this.#listed.allows(value);
  }

  /** Whether code of the user's has a say. */
  get hasPredicates(): boolean {
    return this.#predicates.size > 0;
  }

  /** Whether a well-formed host is allowed; a promise only where a predicate gives one. */
  matches(host: Host, request?: unknown): boolean | Promise<boolean> {
    if (this.#any || this.#listed.has(host)) return true;
    if (this.#regexps.some((regexp) => regexp.test(host.hostname))) return true;
    return this.#predicates.allow(host, request);
  }
}

/** At commas and white space. */
function split(patterns: string, name: string): string[] {
  if (/^\s*\[\s*["']/.test(patterns)) {
    throw new HostPatternError(
      `${name} is a JSON array in a string: write the patterns without brackets and quotation marks, with commas between them, such as "example.com, .example.org".`,
    );
  }
  return patterns.split(/[\s,]+/).filter(Boolean);
}
