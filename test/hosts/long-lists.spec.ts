import { HostList } from '../../src/index.js';

/** Numbers below `count`, in an order that is neither up nor down. */
const shuffled = (count: number) =>
  Array.from({ length: count }, (_, i) => (i * 7919) % count);

const quad = (i: number) => `10.${i >> 8}.${i & 255}.16`;
const hextets = (i: number) => `fd00::${i.toString(16)}:0`;

/** Steps that compile a list, and the list. */
function compile(patterns: string | string[]) {
  const steps = HostList.steps(patterns);
  for (let count = 0; ; count++) {
    const step = steps.next();
    if (step.done) return { count, list: step.value };
  }
}

describe('a list of thousands of patterns', () => {
  it('allows each of its networks and nothing beside them, in whatever order they are written', () => {
    const numbers = shuffled(701);
    const { list } = compile(
      numbers.flatMap((i) => [
        `${quad(i)}/30`,
        quad(i),
        `${hextets(i)}/126`,
        `[${hextets(i)}]`,
      ]),
    );
    for (const i of numbers) {
      const [last, beside] = [19, 20].map((end) =>
        quad(i).replace(/16$/, String(end)),
      );
      const [lastV6, besideV6] = [3, 4].map((end) =>
        hextets(i).replace(/0$/, String(end)),
      );
      expect([quad(i), last, beside].map((host) => list.allows(host))).toEqual([
        true,
        true,
        false,
      ]);
      expect(
        [hextets(i), lastV6, besideV6].map((host) => list.allows(`[${host}]`)),
      ).toEqual([true, true, false]);
    }
    expect(list.allows('9.255.255.255')).toBe(false);
    expect(list.allows('[fc00::1]')).toBe(false);
  });

  // A step for each thousand patterns, in each phase.
  it.each([
    ['names', 2503, (i: number) => `t${i}.example.com`, 4],
    ['names', 2000, (i: number) => `t${i}.example.com`, 3],
    ['networks', 2503, quad, 14],
    ['networks', 2000, quad, 9],
    ['IPv6 networks', 2503, hextets, 14],
  ])('is compiled in short steps: %s', (_, count, pattern, steps) => {
    const patterns = shuffled(count).map(pattern);
    const fromArray = compile(patterns);
    expect(fromArray.count).toBe(steps);
    // A string is split first.
    expect(compile(patterns.join()).count).toBe(steps + 2);
  });

  it('may be changed between the steps', () => {
    const patterns = shuffled(1001).map((i) => `t${i}.example.com`);
    const steps = HostList.steps(patterns);
    steps.next();
    patterns.fill('*');
    for (;;) {
      const step = steps.next();
      if (!step.done) continue;
      expect(step.value.allows('other.example')).toBe(false);
      return;
    }
  });
});
