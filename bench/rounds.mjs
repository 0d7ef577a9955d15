/**
 * Header values as the HTTP parser makes them: new strings out of bytes, without the hash that V8 keeps in a string
 * that it has looked up before. No string is handed out twice.
 */
export function freshStrings(count, valueOf) {
  return Array.from({ length: count }, (_, i) => {
    const length = bytes.latin1Write(valueOf(i), 0);
    return bytes.latin1Slice(0, length);
  });
}

const bytes = Buffer.alloc(64 * 1024);

/**
 * Runs contenders in turns, in another order each round, and tells what one call takes in ns, per contender and
 * round. Only `run(strings)` is timed; making the strings is not.
 *
 * @param contenders `{ name: run }`, where `run(strings)` judges each string and gives the number of allowed ones
 * @param valueOf the value of the i-th call
 * @returns `{ name: { ns: [per round], allowed: share of calls } }`
 */
export function race(contenders, valueOf, { rounds, blockMs, warmMs }) {
  const names = Object.keys(contenders);
  let next = 0;
  const block = (name, count) => {
    const from = next;
    next += count;
    const strings = freshStrings(count, (i) => valueOf(from + i));
    const start = process.hrtime.bigint();
    const allowed = contenders[name](strings);
    const ns = Number(process.hrtime.bigint() - start);
    return { ns, allowed };
  };
  // Warm for the compiler first, then as many calls in a block as take about `blockMs`.
  const counts = new Map();
  for (const name of names) {
    let calls = 0;
    let count = 1;
    for (let spent = 0; spent < warmMs * 1e6 && calls < WARM_CALLS;) {
      spent += block(name, count).ns;
      calls += count;
      count = Math.min(count * 2, MAX_BLOCK);
    }
    count = 1;
    while (count < MAX_BLOCK && block(name, count).ns < blockMs * 1e6)
      count *= 2;
    counts.set(name, count);
  }
  const found = Object.fromEntries(
    names.map((name) => [name, { ns: [], allowed: 0 }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      const count = counts.get(name);
      const { ns, allowed } = block(name, count);
      found[name].ns.push(ns / count);
      found[name].allowed = allowed / count;
    }
  }
  return found;
}

const MAX_BLOCK = 16_384;
const WARM_CALLS = 50_000;
