/**
 * The second half of an error: what to write instead. It shows a host only if
 * the operator wrote that host whole: an operator who copies it must not allow
 * a host that was never meant.
 */
import { ruleOf } from './pattern-grammar.js';

/** @param otherwise the advice if the text is not a valid pattern */
export function advise(text: string, otherwise = EXAMPLES): string {
  return isPlain(text) ? `write "${text}".` : otherwise;
}

/** For the rest of a URL, if it is certain which part is the host. */
export function adviseHost(text: string): string {
  const [, host = ''] = /^(?:[\w-]+@)?([^@/]+)(?:\/[^@\\]*)?$/.exec(text) ?? [];
  return advise(host.replace(/:\*$/, ''));
}

function isPlain(text: string): boolean {
  const rule = ruleOf(text);
  return rule !== undefined && rule.kind !== 'any';
}

export const EXAMPLES =
  'write a host such as "example.com", "10.0.3.17" or "[fd00::1]".';
