import type {
  ClaimFault,
  HostClaim,
  HostSource,
} from './hosts/claimed-hosts.js';
import { reasonOf } from './messages/failure-log.js';

/** Whether the hosts of a request are allowed. */
export type Verdict = { readonly allowed: true } | Disallowed;

/** Which host was refused, in which part of the request, and why. */
export interface Disallowed {
  readonly allowed: false;
  /** `unlisted`: well formed, but not allowed on this route; `unavailable`: `lookup` or a predicate failed. */
  readonly reason: ClaimFault['reason'] | 'unlisted' | 'unavailable';
  readonly source: HostSource;
  /** The value as the client sent it: untrusted, not escaped, as long as Node allows a header to be. */
  readonly value: string | undefined;
  readonly detail: string;
}

export const ALLOWED: Verdict = Object.freeze({ allowed: true });

export function unlisted({ source, value }: HostClaim): Disallowed {
  return {
    allowed: false,
    reason: 'unlisted',
    source,
    value,
    detail: 'it is not in the list',
  };
}

export function unavailable(
  { source, value }: Pick<Disallowed, 'source' | 'value'>,
  error: unknown,
): Disallowed {
  return {
    allowed: false,
    reason: 'unavailable',
    source,
    value,
    detail: `it could not be checked: ${reasonOf(error)}`,
  };
}
