import fc from 'fast-check';
import {
  APEX,
  DomainTable,
  SUBDOMAINS,
} from '../../src/hosts/domain-table/domain-table.js';
import { isSameName } from '../../src/hosts/domain-table/same-name.js';
import { HostList, parseHostHeader } from '../../src/index.js';
import { PlainDomainTable } from './plain-domain-table.js';

/** Few letters and labels, so that names end in one another. */
const name = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'B'), { minLength: 1, maxLength: 4 })
  .map((labels) => labels.join('.'));
const port = fc.constantFrom(
  '',
  '.',
  ':80',
  ':8443',
  '.:8443',
  ':08443',
  ':99999',
  ':',
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '.', '*.'),
    name,
    fc.constantFrom('', '', ':8443', ':81'),
  )
  .map((parts) => parts.join(''));
const value = fc
  .tuple(fc.constantFrom('', '', '.', 'x@', 'y.'), name, port)
  .map((parts) => parts.join(''));

/** What the SPEC says, one pattern at a time. */
function allows(patterns: readonly string[], text: string): boolean {
  const host = parseHostHeader(text);
  if (!host.ok) return false;
  return patterns.some((each) => {
    const [, front = '', named = '', pin] =
      /^(\*?\.)?([^:]+)(?::(\d+))?$/.exec(each) ?? [];
    if (pin !== undefined && Number(pin) !== host.port) return false;
    const below = host.hostname.endsWith(`.${named.toLowerCase()}`);
    const same = host.hostname === named.toLowerCase();
    return front === '*.' ? below : same || (front === '.' && below);
  });
}

describe('domain table', () => {
  describe('names in a list', () => {
    it('are found as a reading of each pattern finds them', () => {
      fc.assert(
        fc.property(
          fc.array(pattern, { minLength: 1, maxLength: 40 }),
          value,
          (patterns, text) => {
            expect(HostList.from(patterns).allows(text)).toBe(
              allows(patterns, text),
            );
          },
        ),
        { numRuns: 20_000 },
      );
    });

    it('are all found when they are many', () => {
      const names = Array.from(
        { length: 50_000 },
        (_, i) => `t${i}.example.com`,
      );
      const list = HostList.from(names);
      expect(names.every((each) => list.allows(each))).toBe(true);
      expect(names.some((each) => list.allows(`x${each}`))).toBe(false);
    });
  });

  it('a name is compared whole, also where a hash would be the same', () => {
    const list = HostList.from(['a-b_c9.example', 'ab', '.k-k.example']);
    for (const [listed, other] of [
      ['a-b_c9.example', 'a\rb_c9.example'],
      ['a-b_c9.example', 'a-b\x7fc9.example'],
      ['a-b_c9.example', 'a-b_c\x19.example'],
      ['a-b_c9.example', 'a-b_c9\x0eexample'],
      ['ab', 'a\u6162'],
      ['x.k-k.example', 'x.k\rk.example'],
      ['x.k-k.example', 'x\x0ek-k.example'],
    ] as const)
      expect([list.allows(listed), list.allows(other)]).toEqual([true, false]);
  });

  // A hash hides almost every mistake in a comparison.
  it.each([
    ['ab', 0, 'ab', 0, 2, true],
    ['ab', 0, 'Ab', 0, 2, true],
    ['ab', 0, 'ac', 0, 2, false],
    ['ab', 0, 'ab:80', 0, 2, true],
    ['ab', 0, 'x.AB:80', 2, 4, true],
    ['.ab', 1, 'ab', 0, 2, true],
    ['.ab', 1, 'AB.', 0, 2, true],
    ['.ab', 1, 'cb.', 0, 2, false],
    ['.ab', 1, 'x.ab', 2, 4, true],
    ['b', 0, 'ab', 0, 2, false],
    ['.cab', 1, 'ab', 0, 2, false],
    ['k', 0, '\u212a', 0, 1, false],
    ['i', 0, '\u0130', 0, 1, false],
  ] as const)(
    'the name in "%s" from %d is compared with "%s" from %d to %d: %s',
    (stored, start, text, from, end, expected) => {
      expect(isSameName(stored, start, text, from, end)).toBe(expected);
    },
  );

  describe('DomainTable', () => {
    /** Also names that differ from a stored one only beyond ASCII. */
    const text = fc
      .tuple(name, fc.constantFrom('', '', '.\u212a', '.k', 'ı', 'İ', 'é'))
      .map((parts) => parts.join(''));
    const entry = fc.record({
      name: fc.oneof(
        name.map((each) => each.toLowerCase()),
        fc.constant('b.k'),
      ),
      start: fc.constantFrom(0, 1),
      flags: fc.constantFrom(APEX, SUBDOMAINS, APEX | SUBDOMAINS),
    });

    it('grows with its names', () => {
      const table = new DomainTable();
      const names = Array.from({ length: 1000 }, (_, i) => `t${i}.example`);
      for (const each of names.concat(names)) table.add(each, 0, APEX);
      expect(table.size).toBe(1000);
      expect(names.map((each) => table.find(each))).toEqual(names.map(() => 0));
      expect(names.map((each) => table.find(`x.${each}`))).toEqual(
        names.map(() => -1),
      );
    });

    it('finds what the plain table finds', () => {
      fc.assert(
        fc.property(
          fc.array(entry, { maxLength: 40 }),
          text,
          fc.constantFrom('', '.', ':80', '.b'),
          (entries, value, rest) => {
            const table = new DomainTable();
            const plain = new PlainDomainTable();
            for (const { name: added, start, flags } of entries) {
              const stored = start === 1 ? `.${added}` : added;
              table.add(stored, start, flags);
              plain.add(stored, start, flags);
            }
            expect(table.find(value + rest, value.length)).toBe(
              plain.find(value + rest, value.length),
            );
          },
        ),
        { numRuns: 5_000 },
      );
    });
  });
});
