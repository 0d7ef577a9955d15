import type { Probe } from './probe.js';
import type { Results } from './results.js';

/** Something that is wrong, or that is worth knowing. */
export interface Finding {
  /** A stable name for scripts, such as `health-refused`. */
  readonly id: string;
  /** Only a problem makes the exit code 1. */
  readonly level: 'problem' | 'note';
  /** What is wrong, in whole sentences. */
  readonly what: string;
  /** What to change, one step each. */
  readonly change: readonly string[];
  /** The requests that show it. */
  readonly probes: readonly Probe[];
}

/** Looks for findings of one kind. */
export type Inspection = (results: Results) => readonly Finding[];

/** A problem, if requests show it. */
export function problem(
  id: string,
  probes: readonly Probe[],
  what: string,
  change: readonly string[],
): readonly Finding[] {
  return probes.length === 0
    ? []
    : [{ id, level: 'problem', what, change, probes }];
}

/** `ALB, NLB and kubelet`. */
export function listed(words: readonly string[]): string {
  const unique = [...new Set(words)];
  return unique.length < 2
    ? unique.join('')
    : `${unique.slice(0, -1).join(', ')} and ${unique.at(-1)}`;
}
