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

/**
 * The layers of an Express application or of an `express.Router()`.
 *
 * @throws {Error} for an application of Express 4
 */
export function expressStack(instance: object): ExpressLayer[] | undefined {
  const { router, stack } = readRouter(instance);
  const layers: unknown = router?.stack ?? stack;
  return Array.isArray(layers) ? (layers as ExpressLayer[]) : undefined;
}

function readRouter(instance: object) {
  try {
    const { router, stack } = instance as {
      readonly router?: { readonly stack?: unknown };
      readonly stack?: unknown;
    };
    return { router, stack };
  } catch {
    throw new Error(
      'AllowedHostsModule needs Express 5, and the adapter was given an application of Express 4: install express@5, or call new ExpressAdapter() without an instance.',
    );
  }
}
