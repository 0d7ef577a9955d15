/** Allows the name itself. */
export const LISTED = 1;
/** Allows the names below it. */
export const BELOW = 2;

/**
 * Names, found whole or as the end of another in one walk over it: a hash that grows from the right is that of a
 * suffix at each dot. With a `Set` each label would cost a slice and a hash of its own, which is quadratic in what a
 * client sends: 24 us for 251 bytes of `b.b.b…` against suffixes of 126 lengths, where the walk takes 2 us.
 *
 * The hash starts at a number drawn for each table, so that names which collide cannot be worked out ahead. Nothing
 * is stored per look-up.
 */
export class NameTable {
  readonly #names: string[] = [];
  /** Pairs: a name's hash, and its number in `#names` + 1, times four, plus what it allows; 0 where free. */
  #slots = new Int32Array(2 * 16);
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;
  #hasBelow = false;

  add(name: string, allows: number): void {
    let hash = this.#seed;
    for (let i = name.length - 1; i >= 0; i--)
      hash = Math.imul(hash ^ name.charCodeAt(i), PRIME);
    if (allows & BELOW) this.#hasBelow = true;
    const slot = this.#slotOf(hash, name, 0, name.length);
    if (this.#slots[slot + 1] === 0) {
      this.#slots[slot] = hash;
      this.#slots[slot + 1] = this.#names.push(name) << 2;
    }
    this.#slots[slot + 1] = (this.#slots[slot + 1] ?? 0) | allows;
    if (this.#names.length * 4 > this.#slots.length) this.#grow();
  }

  /**
   * Where in the text the name starts that allows it: 0 for the text itself, more for what it is below, -1 for none.
   *
   * @param end where the text ends, e.g. before a port
   */
  find(text: string, end = text.length): number {
    let hash = this.#seed;
    for (let i = end - 1; i >= 0; i--) {
      const code = text.charCodeAt(i);
      if (
        code === DOT &&
        this.#hasBelow &&
        (this.#at(hash, text, i + 1, end) & BELOW) !== 0
      )
        return i + 1;
      hash = Math.imul(hash ^ code, PRIME);
    }
    return (this.#at(hash, text, 0, end) & LISTED) === 0 ? -1 : 0;
  }

  #at(hash: number, text: string, from: number, end: number): number {
    return this.#slots[this.#slotOf(hash, text, from, end) + 1] ?? 0;
  }

  /** Where the name that `text` has from `from` to `end` stands, or would. */
  #slotOf(hash: number, text: string, from: number, end: number): number {
    const slots = this.#slots;
    const last = slots.length - 2;
    let slot = ((hash ^ (hash >>> 15)) << 1) & last;
    for (; ; slot = (slot + 2) & last) {
      const entry = slots[slot + 1] ?? 0;
      if (entry === 0) return slot;
      if (slots[slot] !== hash) continue;
      const name = this.#names[(entry >> 2) - 1] ?? '';
      if (name.length === end - from && text.endsWith(name, end)) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    const last = this.#slots.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      const [hash = 0, entry = 0] = [old[from], old[from + 1]];
      if (entry === 0) continue;
      let slot = ((hash ^ (hash >>> 15)) << 1) & last;
      while (this.#slots[slot + 1] !== 0) slot = (slot + 2) & last;
      this.#slots[slot] = hash;
      this.#slots[slot + 1] = entry;
    }
  }
}

/** FNV-1a's. */
const PRIME = 0x01000193;
const DOT = 46;
