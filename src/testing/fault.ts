/**
 * What a fake service does instead of responding as the real one does.
 *
 * @example
 * ```ts
 * imds.fault = { kind: 'status', status: 503, on: /^PUT/, times: 2 };
 * ```
 */
export type Fault = FaultAction & {
  /**
   * The requests that fail, as a RegExp for `METHOD /path`, e.g. `/^PUT/` for the token.
   *
   * @default all requests
   */
  readonly on?: RegExp;
  /**
   * How many requests fail; after that the fault is removed.
   *
   * @default unlimited
   */
  readonly times?: number;
};

/**
 * The kinds of faults:
 * - `status`: responds with this status, e.g. 401, 403, 404, 429, 500, 503
 * - `silence`: accepts the connection and never responds, as with a hop limit of 1 in a container
 * - `drip`: sends the right response, one byte every `everyMs` milliseconds (default 200)
 * - `endless`: responds with 200 and a body without an end
 * - `body`: responds to every request with 200 and this body
 * - `html`: responds with 200 and an error page, as captive portals do
 * - `redirect`: responds with 302 and this location
 * - `cut`: closes the connection in the middle of the body; `lengthDeclared: false` (default `true`) omits its length
 * - `reset`: closes the connection before it responds
 * - `garbage`: sends something other than HTTP
 *
 * @example
 * ```ts
 * const hopLimit: FaultAction = { kind: 'silence' };
 * ```
 */
export type FaultAction =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'drip'; readonly everyMs?: number }
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'cut'; readonly lengthDeclared?: boolean }
  | { readonly kind: 'silence' | 'endless' | 'html' | 'reset' | 'garbage' };
