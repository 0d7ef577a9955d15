import { types } from 'node:util';
import type { Host } from './host-header.js';
import { ruleOf, type TextRule } from './pattern-grammar.js';
import { describe, mistakeIn } from './pattern-mistakes.js';

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

/** A pattern, parsed. */
export type HostRule =
  | TextRule
  | { readonly kind: 'regexp'; readonly regexp: RegExp }
  | { readonly kind: 'predicate'; readonly predicate: HostPredicate };

/** A pattern that cannot be parsed; the message says where it is and what to write instead. */
export class HostPatternError extends Error {
  override readonly name = 'HostPatternError';
}

/**
 * Parses one pattern.
 *
 * @param where what to call the pattern in an error, e.g. `hosts[2]`; called only then
 * @throws {HostPatternError} naming `where`, the pattern, and what to write instead
 */
export function parsePattern(
  pattern: HostPattern,
  where: () => string,
): HostRule {
  if (typeof pattern === 'function')
    return { kind: 'predicate', predicate: pattern };
  // Not instanceof: under a test runner a RegExp may be of another realm.
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

/** The whole host must match, whatever the case; `g` and `y` keep state from call to call, `m` moves the anchors. */
function anchored(regexp: RegExp): RegExp {
  return new RegExp(
    `^(?:${regexp.source})$`,
    `${regexp.flags.replace(/[gimy]/g, '')}i`,
  );
}
