import { jest } from '@jest/globals';
import fc from 'fast-check';
import { LRUCache as Reference } from 'lru-cache';
import { LruCache } from '../../src/dynamic-hosts/lru-cache.js';

const TTL_MS = 10;

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get'), key }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('set'), key, value: fc.nat() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('has'), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(TTL_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
);

describe('the cache of lookups', () => {
  let now = 0;
  beforeEach(() => {
    now = 1000; // at 0 lru-cache expires nothing
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('keeps, evicts and expires the same entries as lru-cache', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60 }),
        (max, steps) => {
          const cache = new LruCache<number>(max, TTL_MS);
          const reference = new Reference<string, number>({
            max,
            ttl: TTL_MS,
            ttlResolution: 0,
            allowStale: true,
            noDeleteOnStaleGet: true,
            perf: { now: () => now },
          });
          for (const one of steps) {
            switch (one.do) {
              case 'get': {
                const entry = cache.get(one.key);
                expect(entry?.value).toBe(reference.get(one.key));
                if (entry)
                  expect(entry.expiresAt - now).toBe(
                    reference.getRemainingTTL(one.key),
                  );
                break;
              }
              case 'set':
                cache.set(one.key, one.value);
                reference.set(one.key, one.value);
                break;
              case 'has':
                expect(cache.has(one.key)).toBe(
                  reference.peek(one.key) !== undefined,
                );
                break;
              case 'delete':
                cache.delete(one.key);
                reference.delete(one.key);
                break;
              case 'wait':
                now += one.ms;
                break;
              case 'clear':
                cache.clear();
                reference.clear();
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('keeps the newest of many names that nobody asks for again', () => {
    const cache = new LruCache<number>(1000, TTL_MS);
    for (let i = 0; i < 100_000; i++) cache.set(`name-${i}`, i);
    const kept = Array.from({ length: 100_000 }, (_, i) => i).filter((i) =>
      cache.has(`name-${i}`),
    );
    expect(kept).toEqual(Array.from({ length: 1000 }, (_, i) => 99_000 + i));
  });
});
