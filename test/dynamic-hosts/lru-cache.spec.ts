import { jest } from '@jest/globals';
import fc from 'fast-check';
import { LRUCache as Reference } from 'lru-cache';
import {
  LruCache,
  type CacheEntry,
} from '../../src/dynamic-hosts/lru-cache.js';

const TTL_MS = 10;

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const key = fc.constantFrom(...keys);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get'), key }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('set'), key, value: fc.nat() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(TTL_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
);

/** Without what links it to other entries. */
const entryOf = (entry: CacheEntry<number> | undefined) =>
  entry && { value: entry.value, expiresAt: entry.expiresAt };

describe('the cache of lookups', () => {
  let now = 0;
  beforeEach(() => {
    now = 1000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('keeps and evicts the same entries as lru-cache', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (max, steps) => {
          const cache = new LruCache<number>(max, TTL_MS);
          // To lru-cache, reading an expired entry is no use of it, so its entries do not expire.
          const reference = new Reference<string, CacheEntry<number>>({ max });
          for (const one of steps) {
            switch (one.do) {
              case 'get':
                expect(entryOf(cache.get(one.key))).toEqual(
                  reference.get(one.key),
                );
                break;
              case 'set':
                cache.set(one.key, one.value);
                reference.set(one.key, {
                  value: one.value,
                  expiresAt: now + TTL_MS,
                });
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
            expect(keys.filter((each) => cache.has(each))).toEqual(
              keys.filter((each) => reference.has(each)),
            );
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
