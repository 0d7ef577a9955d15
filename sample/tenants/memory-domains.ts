import { Subject } from 'rxjs';
import { Domains } from './domains.js';

/** To try the sample: one process, and the domains are lost when it ends. */
export class MemoryDomains extends Domains {
  readonly changes$ = new Subject<string>();
  readonly #names = new Set<string>();

  async has(hostname: string): Promise<boolean> {
    return this.#names.has(hostname);
  }

  async add(hostname: string): Promise<void> {
    this.#names.add(hostname);
    this.changes$.next(hostname);
  }

  async remove(hostname: string): Promise<void> {
    this.#names.delete(hostname);
    this.changes$.next(hostname);
  }
}
