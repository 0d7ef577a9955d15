/** What a fake service does instead of answering as the real one does. */
export type Fault = FaultAction & {
  /** Which requests, by `METHOD /path`, e.g. `/^PUT/` for the token. Default: all. */
  readonly on?: RegExp;
  /** How often, then never again. Default: for ever. */
  readonly times?: number;
};

/**
 * The ways to fail:
 * - `status`: answers with that status, e.g. 401, 403, 404, 429, 500, 503
 * - `silence`: accepts the connection and never answers, as a hop limit of 1 does in a container
 * - `drip`: the right answer, one byte every `everyMs` milliseconds (default 200)
 * - `endless`: 200 and a body without end
 * - `body`: 200 and this text, whatever was asked
 * - `html`: 200 and an error page, as captive proxies send
 * - `redirect`: 302 to somewhere else
 * - `cut`: the connection breaks in the middle of the body; without its length declared if so set
 * - `reset`: the connection breaks before any answer
 * - `garbage`: an answer that is not HTTP
 */
export type FaultAction =
  | { readonly do: 'status'; readonly status: number }
  | { readonly do: 'drip'; readonly everyMs?: number }
  | { readonly do: 'body'; readonly body: string }
  | { readonly do: 'redirect'; readonly to: string }
  | { readonly do: 'cut'; readonly lengthDeclared?: boolean }
  | { readonly do: 'silence' | 'endless' | 'html' | 'reset' | 'garbage' };

/** What the service says to a request when nothing is wrong. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
