import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ROUTE_RULE } from './allowed-hosts.decorators.js';
import {
  type AnyRequest,
  AllowedHostsPolicy,
  type RouteRule,
} from './allowed-hosts.policy.js';
import { Refusals } from './refusals/refusals.js';

/**
 * The policy's second caller: global, and exact, because it knows the route. It covers http, graphql and ws
 * contexts; rpc carries no Host and passes.
 *
 * @throws {DisallowedHostException} where the route does not allow the request's hosts
 * @example
 * // another way to find the request, e.g. for a transport of your own
 * \@Injectable()
 * class MyGuard extends AllowedHostsGuard {
 *   protected override getRequest(context: ExecutionContext) {
 *     return context.getArgByIndex(2).request;
 *   }
 * }
 * Test.createTestingModule({ imports: [AppModule] }).overrideProvider(AllowedHostsGuard).useClass(MyGuard);
 */
@Injectable()
export class AllowedHostsGuard implements CanActivate {
  constructor(
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() === 'rpc') return true;
    const request = this.getRequest(context);
    // Nothing to look at, as with a WebSocket message: its upgrade has been through the gate.
    if (request === undefined) return true;
    const rule = this.reflector.getAllAndOverride<RouteRule | undefined>(
      ROUTE_RULE,
      [context.getHandler(), context.getClass()],
    );
    const verdict =
      rule === undefined
        ? this.policy.verdict(request)
        : this.policy.check(request, rule);
    if (verdict instanceof Promise)
      return verdict.then((settled) => this.refusals.pass(settled, request));
    return verdict.allowed || this.refusals.pass(verdict, request);
  }

  /** The request behind a context, as Express, Fastify or Node hand it out; `undefined` where there is none. */
  protected getRequest(context: ExecutionContext): AnyRequest | undefined {
    switch (context.getType<'http' | 'ws' | 'graphql'>()) {
      case 'http':
        return context.switchToHttp().getRequest<AnyRequest>();
      case 'ws':
        // socket.io keeps the request that opened the connection; ws does not.
        return asRequest(
          context.switchToWs().getClient<{ request?: unknown } | undefined>()
            ?.request,
        );
      default:
        return graphqlRequest(context.getArgByIndex<unknown>(2));
    }
  }
}

/** Apollo's context has `req`; Mercurius' has `reply`. */
function graphqlRequest(context: unknown): AnyRequest | undefined {
  const { req, reply } = (context ?? {}) as {
    req?: unknown;
    reply?: { request?: unknown };
  };
  return asRequest(req) ?? asRequest(reply?.request);
}

function asRequest(value: unknown): AnyRequest | undefined {
  return typeof value === 'object' && value !== null && 'headers' in value
    ? (value as AnyRequest)
    : undefined;
}
