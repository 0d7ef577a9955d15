import { APEX, SUBDOMAINS } from '../../src/hosts/domain-table/domain-table.js';

/**
 * What `DomainTable` does, in the plain way: two Sets, and a slice of the text
 * at each dot.
 */
export class PlainDomainTable {
  readonly #apexes = new Set<string>();
  readonly #parents = new Set<string>();

  add(text: string, start: number, flags: number): void {
    if (flags & APEX) this.#apexes.add(text.slice(start));
    if (flags & SUBDOMAINS) this.#parents.add(text.slice(start));
  }

  find(text: string, end = text.length): number {
    const name = text
      .slice(0, end)
      .replace(/[A-Z]/g, (capital) => capital.toLowerCase());
    for (let dot = end - 1; dot > 0; dot--)
      if (name[dot] === '.' && this.#parents.has(name.slice(dot + 1)))
        return dot + 1;
    return this.#apexes.has(name) ? 0 : -1;
  }
}
