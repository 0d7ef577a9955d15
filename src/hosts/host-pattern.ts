import { types } from 'node:util';
import type { Host } from './host-header.js';
import { describe } from './list-mistakes.js';
import { ruleOf, type TextRule } from './pattern-grammar.js';
import { mistakeIn } from './pattern-mistakes.js';

/**
 * A function that decides about a host. It gets the canonical host and the
 * request, if there is one. Only `true`, or a promise of `true`, allows the
 * host; a throw or a rejection refuses it.
 */
export type HostPredicate = (
  host: Host,
  request?: unknown,
) => boolean | Promise<boolean>;

/**
 * An entry of a list. The table of patterns in the README says what each form
 * allows.
 */
export type HostPattern = string | RegExp | HostPredicate;

/** A parsed pattern. */
export type HostRule =
  | TextRule
  | { readonly kind: 'regexp'; readonly regexp: RegExp }
  | { readonly kind: 'predicate'; readonly predicate: HostPredicate };

/**
 * A pattern cannot be parsed. The message says which one, and what to write
 * instead.
 */
export class HostPatternError extends Error {
  override readonly name = 'HostPatternError';
}

/**
 * Parses one pattern.
 *
 * @param where the name of the pattern in an error, e.g. `hosts[2]`; it is
 * called only for an error
 * @throws {HostPatternError} with `where`, the pattern, and what to write
 * instead
 */
export function parsePattern(
  pattern: HostPattern,
  where: () => string,
): HostRule {
  if (typeof pattern === 'function')
    // Stryker disable next-line StringLiteral: only TypeScript reads this kind
    return { kind: 'predicate', predicate: pattern };
  // Not instanceof: in a test runner a RegExp may come from another realm.
  if (types.isRegExp(pattern))
    return { kind: 'regexp', regexp: anchored(pattern) };
  if (typeof pattern !== 'string') {
    throw new HostPatternError(
      `${where()} is ${describe(pattern)}: write a string such as "example.com", a RegExp or a function.`,
    );
  }
  const text = pattern.trim();
  const rule = ruleOf(text);
  if (rule) return rule;
  throw new HostPatternError(
    `${where()} ${JSON.stringify(pattern)} ${mistakeIn(text)}`,
  );
}

/**
 * Matches the whole host, ignoring case. The flags `g` and `y` would keep state
 * between calls, `m` would move the anchors.
 */
function anchored(regexp: RegExp): RegExp {
  return new RegExp(
    `^(?:${regexp.source})$`,
    `${regexp.flags.replace(/[gimy]/g, '')}i`,
  );
}
