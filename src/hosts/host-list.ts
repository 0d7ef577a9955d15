import { parseHostHeader, type Host } from './host-header.js';
import { HostIndex } from './host-index.js';
import { HostPatternError, type HostPattern } from './host-pattern.js';
import type { HostPredicates } from './host-predicates.js';
import { mistakeInList } from './list-mistakes.js';
import { SortedRules } from './sorted-rules.js';

export interface HostListOptions {
  /**
   * The name of the list in errors and warnings.
   *
   * @default 'hosts'
   */
  readonly name?: string;
  /**
   * Is called if a predicate throws, rejects, or does not settle in time. The
   * host is refused.
   *
   * @default errors are ignored
   */
  readonly onPredicateError?: (error: unknown) => void;
}

/**
 * A compiled list of patterns. The cost of a verdict does not grow with the
 * number of names and networks.
 *
 * @example
 * const list = HostList.from(['example.com', '.example.org', '10.0.0.0/16']);
 * list.allows('api.example.org:8443'); // true
 * list.allows('example.com.evil.test'); // false
 */
export class HostList {
  /** The patterns, as text. */
  readonly patterns: readonly string[];
  /** What an operator should know about the patterns, one sentence each. */
  readonly warnings: readonly string[];

  readonly #index: HostIndex;
  readonly #regexps: readonly RegExp[];
  readonly #predicates: HostPredicates;
  readonly #any: boolean;
  /**
   * Whether the list can allow a host that the index rejects before it is
   * parsed.
   */
  readonly #needsParsedHost: boolean;
  /** What {@link allowsAsListed} found last: most requests name the same host as the one before. */
  #lastAllowed: string | undefined;

  /**
   * Compiles patterns. A string, e.g. from an environment variable, is split at
   * commas and white space.
   *
   * @throws {HostPatternError} if a pattern is malformed or the list is empty;
   * the message says what to write instead
   */
  static from(
    patterns: string | readonly HostPattern[],
    options: HostListOptions = {},
  ): HostList {
    const steps = HostList.steps(patterns, options);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /**
   * Compiles patterns like {@link HostList.from}, about a thousand at each
   * step, because a long list would block the event loop. The array may change
   * between the steps.
   *
   * @internal
   * @throws {HostPatternError} (at a step) if a pattern is malformed or the
   * list is empty
   */
  static *steps(
    patterns: string | readonly HostPattern[],
    options: HostListOptions = {},
  ): Generator<void, HostList> {
    const name = options.name ?? 'hosts';
    const list =
      typeof patterns === 'string' ? yield* wordsOf(patterns, name) : patterns;
    if (!Array.isArray(list))
      throw new HostPatternError(`${name} ${mistakeInList(list)}`);
    if (list.length === 0) {
      throw new HostPatternError(
        `${name} is empty, so every request would be refused: write at least one pattern, such as "example.com".`,
      );
    }
    const rules = new SortedRules(name, options.onPredicateError);
    const given = list.slice() as readonly HostPattern[];
    for (let i = 0; i < given.length; i += SLICE) {
      if (i > 0) yield;
      rules.add(given.slice(i, i + SLICE), i);
    }
    return new HostList(
      rules,
      yield* HostIndex.steps(rules.names, rules.networks),
    );
  }

  private constructor(rules: SortedRules, index: HostIndex) {
    this.#index = index;
    this.#regexps = rules.regexps;
    this.#predicates = rules.predicates;
    this.#any = rules.any;
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    this.#needsParsedHost = index.hasPorts || rules.needsParsedHost;
    this.warnings = rules.warnings;
    this.patterns = rules.patterns;
  }

  /**
   * Whether the value of a header names an allowed host. `null` and `undefined`
   * stand for a missing header. It never throws. A predicate that returns a
   * promise does not allow a host here, since this method does not wait for it;
   * gate and guard do.
   */
  allows(value: string | null | undefined): boolean {
    if (typeof value !== 'string') return false;
    if (this.#index.allows(value)) return true;
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (!this.#needsParsedHost) return false;
    const host = parseHostHeader(value);
    if (!host.ok) return false;
    const allowed = this.matches(host);
    if (allowed instanceof Promise) allowed.catch(() => undefined);
    return allowed === true;
  }

  /**
   * Whether a name or a network of the list allows the unparsed value of a
   * header. RegExps and predicates are not applied. Fast path, see
   * bench/RESULTS.md.
   *
   * @internal
   */
  allowsAsListed(value: string | null | undefined): boolean {
    if (typeof value !== 'string') return false;
    // Stryker disable next-line ConditionalExpression,BooleanLiteral: fast path, see bench
    if (value === this.#lastAllowed) return true;
    const isAllowed = this.#index.allows(value);
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (isAllowed) this.#lastAllowed = value;
    return isAllowed;
  }

  /**
   * Whether the list calls code of the application.
   *
   * @internal
   */
  get hasPredicates(): boolean {
    return this.#predicates.size > 0;
  }

  /**
   * Whether a parsed host is allowed. The result is a promise only if a
   * predicate returns one. The promise rejects if a predicate does not settle
   * within 1000 ms.
   *
   * @param request is passed to the predicates
   * @param onPredicateError replaces {@link HostListOptions.onPredicateError}
   */
  matches(
    host: Host,
    request?: unknown,
    onPredicateError?: (error: unknown) => void,
  ): boolean | Promise<boolean> {
    if (this.#any || this.#index.has(host)) return true;
    if (this.#regexps.some((regexp) => regexp.test(host.hostname))) return true;
    return this.#predicates.allows(host, request, onPredicateError);
  }
}

/** Splits a string into patterns, a slice at each step. */
function* wordsOf(
  text: string,
  name: string,
): Generator<void, readonly string[]> {
  if (/^\s*\[\s*["']/.test(text)) {
    throw new HostPatternError(
      `${name} is a JSON array in a string: write the patterns without brackets and quotation marks, with commas between them, such as "example.com, .example.org".`,
    );
  }
  const words: string[] = [];
  for (const [word] of text.matchAll(/[^\s,]+/g)) {
    words.push(word);
    if (words.length % SLICE === 0) yield;
  }
  return words;
}

/** How many patterns are compiled at each step. */
const SLICE = 1000;
