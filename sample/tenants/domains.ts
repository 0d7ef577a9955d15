import type { Observable } from 'rxjs';

/** The domains of tenants, in any store. Names are canonical: lower case, punycode. */
export abstract class Domains {
  /** Emits each name that was added or removed, by any process; `undefined` if any name may have changed. */
  abstract readonly changes$: Observable<string | undefined>;

  abstract has(hostname: string): Promise<boolean>;

  /** Resolves once the change is saved and published to every process. */
  abstract add(hostname: string): Promise<void>;

  /** Resolves once the change is saved and published to every process. */
  abstract remove(hostname: string): Promise<void>;
}
