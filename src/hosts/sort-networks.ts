import type { Network } from './network.js';

/**
 * The networks of one family, sorted by {@link lowestAndWidestFirst}: a merge
 * sort, a slice at each step.
 *
 * @param width how many groups an address of the family has
 */
export function* sortNetworks(
  networks: readonly Network[],
  width: number,
): Generator<void, readonly Network[]> {
  let runs: (readonly Network[])[] = [];
  for (let i = 0; i < networks.length; i += SLICE) {
    const run = networks
      .slice(i, i + SLICE)
      .filter(({ groups }) => groups.length === width);
    runs.push(run.sort(lowestAndWidestFirst));
    if (i > 0) yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Network[])[] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(yield* merge(runs[i] ?? [], runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(
  one: readonly Network[],
  other: readonly Network[],
): Generator<void, readonly Network[]> {
  const merged: Network[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = one[i];
    const right = other[j];
    const next =
      // Stryker disable next-line EqualityOperator: equal networks may come in any order
      left && (!right || lowestAndWidestFirst(left, right) <= 0) ? left : right;
    if (next === undefined) return merged;
    if (next === left) i++;
    else j++;
    merged.push(next);
    if (merged.length % SLICE === 0) yield;
  }
}

function lowestAndWidestFirst(one: Network, other: Network): number {
  for (const [i, group] of one.groups.entries()) {
    const difference = group - (other.groups[i] ?? 0);
    if (difference !== 0) return difference;
  }
  // Stryker disable next-line ArithmeticOperator: in any order, the widest is kept last and found first
  return one.prefix - other.prefix;
}

/** How many networks are processed at one step. */
const SLICE = 1000;
