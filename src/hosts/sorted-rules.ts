import { parsePattern, type HostPattern } from './host-pattern.js';
import { HostPredicates } from './host-predicates.js';
import type { Network } from './network.js';
import type { NameRule } from './pattern-grammar.js';
import { warningFor } from './pattern-warnings.js';

/** Parsed patterns, sorted by how they are matched. */
export class SortedRules {
  readonly #name: string;
  readonly names: NameRule[] = [];
  readonly networks: Network[] = [];
  readonly regexps: RegExp[] = [];
  readonly predicates: HostPredicates;
  any = false;
  /**
   * Whether a pattern needs a parsed host: it is neither a name nor a network.
   */
  // Stryker disable next-line BooleanLiteral: fast path, see bench
  needsParsedHost = false;
  readonly warnings: string[] = [];
  readonly patterns: string[] = [];

  constructor(
    name: string,
    onPredicateError: ((error: unknown) => void) | undefined,
  ) {
    this.#name = name;
    this.predicates = new HostPredicates(onPredicateError);
  }

  /** @param from the index of the first of the patterns in the list */
  add(patterns: readonly HostPattern[], from: number): void {
    for (const [i, pattern] of patterns.entries()) this.#add(pattern, from + i);
  }

  #add(pattern: HostPattern, i: number): void {
    const where = () => `${this.#name}[${i}]`;
    const rule = parsePattern(pattern, where);
    const warning = warningFor(rule, pattern);
    if (warning !== undefined) this.warnings.push(`${where()} ${warning}`);
    if (rule.kind === 'name') this.names.push(rule);
    else if (rule.kind === 'network') this.networks.push(rule.network);
    else if (rule.kind === 'group') {
      this.names.push(...rule.names);
      this.networks.push(...rule.networks);
    } else {
      this.needsParsedHost = true;
      if (rule.kind === 'any') this.any = true;
      else if (rule.kind === 'regexp') this.regexps.push(rule.regexp);
      else this.predicates.add(rule.predicate);
    }
    this.patterns.push(
      typeof pattern === 'function'
        ? `function ${pattern.name || '(anonymous)'}`
        : String(pattern),
    );
  }
}
