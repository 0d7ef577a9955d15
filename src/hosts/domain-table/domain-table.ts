/**
 * Stores domain names, and finds the one that a value of a `Host` header equals
 * or is a subdomain of. Only host-index.ts uses this file; nobody else needs to
 * read it.
 *
 * What it does: it hashes the value once, character by character, from the
 * right. At each dot the hash so far is the hash of a parent domain, so it is
 * looked up at once.
 *
 * What it buys: the plain way, two Sets and a slice of the value at each dot,
 * hashes and copies the value once for each label. That grows with the square
 * of the length that a client sends. This is the fast path of every request,
 * see bench/RESULTS.md.
 *
 * What it equals: test/hosts/plain-domain-table.ts is the plain way in twenty
 * lines. A property test compares both.
 */
import { DOT } from '../character-codes.js';
import { isSameName } from './same-name.js';

/** Flag: the name itself is allowed. */
export const APEX = 1;
/** Flag: the subdomains of the name are allowed, at any depth. */
export const SUBDOMAINS = 2;

/**
 * A hash table with open addressing. Capitals count as small letters. Each
 * table draws its own seed, so that a client cannot work out names that
 * collide. A lookup stores nothing.
 */
export class DomainTable {
  /**
   * One for each slot: 28 bits of the hash, 1 bit for where the name starts in
   * its text, 2 bits of flags; 0 is free.
   */
  #entries: Int32Array;
  /**
   * One for each slot, so that a lookup reads it without an index in between.
   */
  #texts: string[];
  #size = 0;
  /**
   * The lengths of names with {@link SUBDOMAINS}: a lookup skips the dots that
   * no such name can follow.
   */
  readonly #parentLengths = new Uint8Array(MAX_LENGTH);
  // Stryker disable next-line all: the seed is random, so nothing may depend on it
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;

  /**
   * @param expected how many names will be added: a table that does not grow
   * blocks the event loop for less time
   */
  constructor(expected = 0) {
    let length = 16;
    // Stryker disable next-line all: a smaller table grows, which only takes time
    while (length < expected * 2) length *= 2;
    this.#entries = new Int32Array(length);
    this.#texts = emptyTexts(length);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds the name that a text holds from `start` on, in lower case, of at most
   * 259 characters.
   *
   * @param start 0, or 1 after a dot: a slice of the text would take more
   * memory
   * @param flags {@link APEX}, {@link SUBDOMAINS}, or both
   */
  add(text: string, start: number, flags: number): void {
    const hash = this.#hashOf(text, start);
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (flags & SUBDOMAINS) this.#parentLengths[text.length - start] = 1;
    const slot = this.#slotOf(hash, text, start, text.length);
    if (this.#entries[slot] === 0) {
      this.#texts[slot] = text;
      this.#entries[slot] = (hash & HASH) | (start << 2);
      this.#size++;
    }
    this.#entries[slot] = (this.#entries[slot] ?? 0) | flags;
    // Stryker disable next-line EqualityOperator: it grows one name earlier
    if (this.#size * 2 > this.#entries.length) this.#grow();
  }

  /**
   * Finds the name that allows a text.
   *
   * @param end where the text ends, e.g. before a port
   * @returns where that name starts in the text: 0 for the whole text, more for
   * a parent domain, -1 for no name
   */
  find(text: string, end = text.length): number {
    let hash = this.#seed;
    let i = end - 1;
    // Two characters a step: fast path, see bench/RESULTS.md.
    for (; i > 0; i -= 2) {
      const right = text.charCodeAt(i);
      const left = text.charCodeAt(i - 1);
      if (
        right === DOT &&
        // Stryker disable next-line ConditionalExpression: fast path, see bench
        this.#parentLengths[end - 1 - i] === 1 &&
        (this.#entryFor(hash, text, i + 1, end) & SUBDOMAINS) !== 0
      )
        return i + 1;
      if (
        left === DOT &&
        // Stryker disable next-line ConditionalExpression: fast path, see bench
        this.#parentLengths[end - i] === 1 &&
        (this.#entryFor(addOne(hash, right), text, i, end) & SUBDOMAINS) !== 0
      )
        return i;
      hash = addTwo(hash, right, left);
    }
    if (i === 0) hash = addOne(hash, text.charCodeAt(0));
    return (this.#entryFor(hash, text, 0, end) & APEX) === 0 ? -1 : 0;
  }

  #hashOf(text: string, start: number): number {
    let hash = this.#seed;
    let i = text.length - 1;
    for (; i > start; i -= 2)
      hash = addTwo(hash, text.charCodeAt(i), text.charCodeAt(i - 1));
    return i === start ? addOne(hash, text.charCodeAt(i)) : hash;
  }

  #entryFor(hash: number, text: string, from: number, end: number): number {
    return this.#entries[this.#slotOf(hash, text, from, end)] ?? 0;
  }

  /**
   * The slot of the name that `text` holds from `from` to `end`, or the free
   * slot where it would be stored.
   */
  #slotOf(hash: number, text: string, from: number, end: number): number {
    const entries = this.#entries;
    const last = entries.length - 1;
    for (let slot = firstSlot(hash) & last; ; slot = (slot + 1) & last) {
      const entry = entries[slot] ?? 0;
      if (entry === 0) return slot;
      // Stryker disable next-line ConditionalExpression: fast path, see bench
      if (((entry ^ hash) & HASH) !== 0) continue;
      const name = this.#texts[slot] ?? '';
      const start = (entry >> 2) & 1;
      if (isSameName(name, start, text, from, end)) return slot;
    }
  }

  #grow(): void {
    const entries = this.#entries;
    const texts = this.#texts;
    this.#entries = new Int32Array(entries.length * 2);
    this.#texts = emptyTexts(this.#entries.length);
    const last = this.#entries.length - 1;
    for (const [from, entry] of entries.entries()) {
      // Stryker disable next-line ConditionalExpression: a free slot stays free, this only saves time
      if (entry === 0) continue;
      let slot = firstSlot(entry) & last;
      while (this.#entries[slot] !== 0) slot = (slot + 1) & last;
      this.#entries[slot] = entry;
      this.#texts[slot] = texts[from] ?? '';
    }
  }
}

/**
 * Adds a character to a hash. The bit that tells capitals from small letters is
 * set in every character.
 */
function addOne(hash: number, code: number): number {
  return Math.imul(hash ^ (code | 0x20), PRIME);
}

function addTwo(hash: number, right: number, left: number): number {
  return Math.imul(hash ^ (right | (left << 8) | 0x2020), PRIME);
}

/** Uses only those bits of a hash that an entry keeps. */
function firstSlot(hash: number): number {
  return (hash >>> 4) ^ (hash >>> 17);
}

function emptyTexts(length: number): string[] {
  // Stryker disable next-line ArrayDeclaration,StringLiteral: a text is written before it is read
  return Array<string>(length).fill('');
}

const HASH = ~15;
const PRIME = 0x9e3779b1 | 0;
/** A name of 253 characters, a colon and five digits. */
const MAX_LENGTH = 259;
