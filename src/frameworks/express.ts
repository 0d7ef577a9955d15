/** A layer of Express' router: middleware, or a route with handlers. */
export interface ExpressLayer {
  readonly handle: object;
  /** Whether it matches every path. */
  readonly slash: boolean;
  readonly route?:
    | {
        readonly methods: Readonly<Record<string, boolean | undefined>>;
        readonly stack: readonly { readonly handle: object }[];
      }
    | undefined;
  match(path: string): unknown;
}

/** The router of an Express application, or an `express.Router()`. */
export interface ExpressRouter {
  readonly stack: ExpressLayer[];
  handle(
    request: object,
    response: object,
    done: (error?: unknown) => void,
  ): void;
}

/**
 * `undefined` for another framework.
 *
 * @throws {Error} for an application of Express 4
 */
export function expressRouter(instance: object): ExpressRouter | undefined {
  const found = readRouter(instance) ?? instance;
  return Array.isArray((found as Partial<ExpressRouter>).stack)
    ? (found as ExpressRouter)
    : undefined;
}

function readRouter(instance: object): object | null | undefined {
  try {
    return (instance as { readonly router?: object | null }).router;
  } catch {
    throw new Error(
      'AllowedHostsModule needs Express 5, and the adapter was given an application of Express 4: install express@5, or call new ExpressAdapter() without an instance.',
    );
  }
}
