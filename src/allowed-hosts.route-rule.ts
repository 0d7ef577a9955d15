import type { HostList } from './hosts/host-list.js';

/** The hosts that a route allows instead of the list; `undefined` where the list decides. */
export type RouteRule =
  | { readonly kind: 'hosts'; readonly list: HostList }
  | { readonly kind: 'probes' }
  | { readonly kind: 'any' };

/** The metadata key of a route's rule. */
// Stryker disable next-line StringLiteral: any key will do that no other package uses
export const ROUTE_RULE = 'nestjs-allowed-hosts:rule';
