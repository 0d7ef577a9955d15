import type { Observable } from 'rxjs';

/** The domains that tenants have brought, wherever they are kept. Names are canonical: lower case, punycode. */
export abstract class Domains {
  /** A name about which something has changed, here or in another process; `undefined`: it may be any. */
  abstract readonly changes$: Observable<string | undefined>;

  abstract has(hostname: string): Promise<boolean>;

  /** Done once it is written and every process has been told. */
  abstract add(hostname: string): Promise<void>;

  /** Done once it is written and every process has been told. */
  abstract remove(hostname: string): Promise<void>;
}
