/** A cached value, and when it expires on the clock of `performance.now()`. */
export interface CacheEntry<V> {
  readonly value: V;
  readonly expiresAt: number;
}

/** An entry in the ring of all entries, which is ordered by their last use. */
interface Link<V> extends CacheEntry<V> {
  readonly key: string;
  value: V;
  expiresAt: number;
  older: Link<V>;
  newer: Link<V>;
}

/**
 * At most `max` values by name; the least recently used one is evicted. An
 * expired value stays until then: the caller decides whether to use it.
 */
export class LruCache<V> {
  readonly #max: number;
  readonly #ttlMs: number;
  readonly #links = new Map<string, Link<V>>();
  /** The most recently used entry. In the ring, the oldest one follows it. */
  #newest: Link<V> | undefined;

  constructor(max: number, ttlMs: number) {
    this.#max = max;
    this.#ttlMs = ttlMs;
  }

  /** Returns an entry, and makes it the most recently used one. */
  get(key: string): CacheEntry<V> | undefined {
    return this.#use(key);
  }

  /** Whether there is an entry. This is not a use of it. */
  has(key: string): boolean {
    return this.#links.has(key);
  }

  set(key: string, value: V): void {
    const expiresAt = performance.now() + this.#ttlMs;
    const known = this.#use(key);
    if (known !== undefined) {
      known.value = value;
      known.expiresAt = expiresAt;
      return;
    }
    const oldest = this.#newest?.newer;
    if (oldest && this.#links.size === this.#max) this.delete(oldest.key);
    const link = { key, value, expiresAt } as Link<V>; // #append completes it
    this.#append(link);
    this.#links.set(key, link);
  }

  delete(key: string): void {
    const link = this.#links.get(key);
    if (link === undefined) return;
    this.#unlink(link);
    this.#links.delete(key);
  }

  clear(): void {
    this.#links.clear();
    this.#newest = undefined;
  }

  #use(key: string): Link<V> | undefined {
    const link = this.#links.get(key);
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (link !== undefined && link !== this.#newest) {
      this.#unlink(link);
      this.#append(link);
    }
    return link;
  }

  #unlink(link: Link<V>): void {
    link.older.newer = link.newer;
    link.newer.older = link.older;
    if (link === this.#newest)
      this.#newest = link.older === link ? undefined : link.older;
  }

  #append(link: Link<V>): void {
    const older = this.#newest ?? link;
    link.older = older;
    link.newer = older === link ? link : older.newer;
    link.newer.older = link;
    older.newer = link;
    this.#newest = link;
  }
}
