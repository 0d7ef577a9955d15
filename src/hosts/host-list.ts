import { type Host, parseHostHeader } from './host-header.js';
import { type HostPattern, HostPatternError } from './host-pattern.js';
import type { HostPredicates } from './host-predicates.js';
import { HostIndex } from './host-index.js';
import { mistakeInList } from './pattern-mistakes.js';
import { SortedRules } from './sorted-rules.js';

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

  readonly #listed: HostIndex;
  readonly #regexps: readonly RegExp[];
  readonly #predicates: HostPredicates;
  readonly #any: boolean;
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
    const steps = HostList.steps(patterns, options);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /**
   * Compiles patterns like {@link HostList.from}, about a thousand at each step: for a list so long that compiling it
   * at once would block the event loop. The array may change between the steps.
   *
   * @throws {HostPatternError} (at a step) on a malformed pattern or an empty list
   * @example
   * const steps = HostList.steps(patterns);
   * let step = steps.next();
   * for (; !step.done; step = steps.next()) await setImmediate(); // of node:timers/promises
   * const list = step.value;
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
        `${name} is empty, so that no request could be answered: write at least one pattern, such as "example.com".`,
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

  private constructor(rules: SortedRules, listed: HostIndex) {
    this.#listed = listed;
    this.#regexps = rules.regexps;
    this.#predicates = rules.predicates;
    this.#any = rules.any;
    this.#readsHosts = listed.pinned || rules.readsHosts;
    this.warnings = rules.warnings;
    this.patterns = rules.patterns;
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
    if (!host.ok) return false;
    const allowed = this.matches(host);
    if (allowed instanceof Promise) allowed.catch(() => undefined);
    return allowed === true;
  }

  /** Whether a name or a network in the list allows the value as it is written; the rest of the list is not asked. */
  allowsAsListed(value: string | null | undefined): boolean {
    return typeof value === 'string' && this.#listed.allows(value);
  }

  /** Whether the list has predicates. */
  get hasPredicates(): boolean {
    return this.#predicates.size > 0;
  }

  /**
   * Whether a well-formed host is allowed; a promise only where a predicate returns one. The promise rejects where a
   * predicate does not settle within 1000 ms.
   *
   * @param onPredicateError used instead of the list's own
   */
  matches(
    host: Host,
    request?: unknown,
    onPredicateError?: (error: unknown) => void,
  ): boolean | Promise<boolean> {
    if (this.#any || this.#listed.has(host)) return true;
    if (this.#regexps.some((regexp) => regexp.test(host.hostname))) return true;
    return this.#predicates.allow(host, request, onPredicateError);
  }
}

/** The words of a text, a slice at each step. */
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
