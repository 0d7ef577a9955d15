/**
 * Header values as the HTTP parser creates them: new strings from bytes. V8 caches the hash of a string after its first
 * lookup, so no string is used twice.
 */
function freshStrings(count, valueOf) {
  return Array.from({ length: count }, (_, i) => {
    const length = bytes.latin1Write(valueOf(i), 0);
    return bytes.latin1Slice(0, length);
  });
}

/**
 * Measures candidates in turns, in another order each round. Only `run(strings)` is timed, not the creation of the
 * strings.
 *
 * @param candidates `{ name: run }`, where `run(strings)` checks each string and returns how many it allows
 * @param valueOf the value of the i-th call
 * @returns `{ name: { ns: [one call, per round], allowed: ratio of allowed calls } }`
 */
export function measureInTurns(candidates, valueOf, pace) {
  const names = Object.keys(candidates);
  let next = 0;
  const runBlock = (name, calls) => {
    const from = next;
    next += calls;
    const strings = freshStrings(calls, (i) => valueOf(from + i));
    const startNs = process.hrtime.bigint();
    const allowed = candidates[name](strings);
    return { ns: Number(process.hrtime.bigint() - startNs), allowed };
  };
  const blockSizes = new Map(
    names.map((name) => [
      name,
      warmUp((calls) => runBlock(name, calls).ns, pace),
    ]),
  );
  const found = Object.fromEntries(
    names.map((name) => [name, { ns: [], allowed: 0 }]),
  );
  for (let round = 0; round < pace.rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      const calls = blockSizes.get(name);
      const { ns, allowed } = runBlock(name, calls);
      found[name].ns.push(ns / calls);
      found[name].allowed = allowed / calls;
    }
  }
  return found;
}

/**
 * Warms up the compiler.
 *
 * @param runBlock runs a number of calls and returns their duration in ns
 * @returns how many calls take about `blockMs`
 */
function warmUp(runBlock, { blockMs, warmMs }) {
  let calls = 0;
  let size = 1;
  for (let spent = 0; spent < warmMs * 1e6 && calls < WARM_CALLS;) {
    spent += runBlock(size);
    calls += size;
    size = Math.min(size * 2, MAX_BLOCK);
  }
  size = 1;
  while (size < MAX_BLOCK && runBlock(size) < blockMs * 1e6) size *= 2;
  return size;
}

const bytes = Buffer.alloc(64 * 1024);
const MAX_BLOCK = 16_384;
const WARM_CALLS = 50_000;
