import { isNestHandler } from './registrations.js';

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

/**
 * Puts some of Nest's routes before its others. Express takes the first route that matches, even if it is a wildcard;
 * Fastify prefers a literal path.
 */
export function putRoutesFirst(
  instance: object,
  isFirst: (handler: object) => boolean,
): void {
  const stack = expressRouter(instance)?.stack;
  if (stack === undefined) return;
  const isRoute = (layer: ExpressLayer, is: (handler: object) => boolean) =>
    layer.route?.stack.some(({ handle }) => is(handle)) ?? false;
  const first = stack.filter((layer) => isRoute(layer, isFirst));
  const others = stack.filter((layer) => !first.includes(layer));
  const start = others.findIndex((layer) => isRoute(layer, isNestHandler));
  if (start >= 0)
    stack.splice(0, stack.length, ...others.toSpliced(start, 0, ...first));
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
