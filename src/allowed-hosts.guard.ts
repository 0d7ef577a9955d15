import {
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AllowedHostsPolicy } from './allowed-hosts.policy.js';
import { ROUTE_RULE, type RouteRule } from './allowed-hosts.route-rule.js';
import { ALLOWED, type Verdict } from './allowed-hosts.verdict.js';
import { rawRequest, type AnyRequest } from './frameworks/any-request.js';
import { HeldResponses } from './gate/held-responses.js';
import { Openings } from './gate/openings.js';
import { ServerGate } from './gate/server.gate.js';
import { Refusals } from './refusals/refusals.js';

/**
 * The policy's second caller: a global guard that checks the exact route. It covers http, graphql and ws contexts; rpc
 * messages carry no Host and pass.
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
  /** The rule of each handler: faster than reading its metadata, see bench. */
  readonly #rules = new WeakMap<
    object,
    { readonly controller: Type; readonly rule: RouteRule | undefined }
  >();

  /** @hidden Nest calls it. */
  constructor(
    @Inject(AllowedHostsPolicy) private readonly policy: AllowedHostsPolicy,
    @Inject(Refusals) private readonly refusals: Refusals,
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ServerGate) private readonly server: ServerGate,
    @Inject(HeldResponses) private readonly held: HeldResponses,
    @Inject(Openings) private readonly openings: Openings,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() === 'rpc') return true;
    const rule = this.#ruleOf(context.getHandler(), context.getClass());
    const request = this.getRequest(context);
    // Without a request in the context the gate's verdict applies, unless a rule may have let the request in.
    if (request === undefined) {
      return (
        (rule === undefined && !this.#mayBeOpened(context)) ||
        this.refusals.assertAllowed(NO_REQUEST, NOTHING, rule)
      );
    }
    const verdict =
      // Stryker disable next-line ConditionalExpression: fast path, see bench
      rule === undefined
        ? this.policy.verdictFor(request)
        : this.policy.verdictUnder(request, rule);
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (verdict === ALLOWED && rule === undefined) return true;
    const pass = (settled: Verdict): true => {
      this.refusals.assertAllowed(settled, request, rule, responseOf(context));
      // The framework's request, even if getRequest is overridden.
      if (context.getType() === 'http')
        this.held.release(context.getArgByIndex<AnyRequest>(0));
      return true;
    };
    return verdict instanceof Promise ? verdict.then(pass) : pass(verdict);
  }

  /** Other contexts, such as that of a bot, have no endpoint on a server. */
  #mayBeOpened(context: ExecutionContext): boolean {
    const type = context.getType<'ws' | 'graphql'>();
    return this.openings.onEndpoints && (type === 'ws' || type === 'graphql');
  }

  #ruleOf(handler: object, controller: Type): RouteRule | undefined {
    const known = this.#rules.get(handler);
    // Stryker disable next-line ConditionalExpression: fast path, see bench
    if (known?.controller === controller) return known.rule;
    const rule = this.reflector.getAllAndOverride<RouteRule | undefined>(
      ROUTE_RULE,
      [handler as Type, controller],
    );
    // Stryker disable next-line ObjectLiteral: fast path, see bench
    this.#rules.set(handler, { controller, rule });
    return rule;
  }

  /** The request of a context, as Express, Fastify or Node provide it; `undefined` if there is none. */
  protected getRequest(context: ExecutionContext): AnyRequest | undefined {
    switch (context.getType<'http' | 'ws' | 'graphql'>()) {
      case 'http':
        // The same as switchToHttp().getRequest(), without its allocations.
        return context.getArgByIndex<AnyRequest>(0);
      case 'ws': {
        const client = context.switchToWs().getClient<WsClient>();
        // socket.io keeps the request that opened the connection; ws keeps its socket.
        return (
          asRequest(client.request) ??
          this.server.upgradeRequestOf(client._socket)
        );
      }
      default: {
        const found = graphqlRequests(context.getArgByIndex<unknown>(2));
        const served = found.find((request) => !isPlain(request));
        if (served || this.openings.onEndpoints) return served;
        // A mock; or what a client sent to graphql-ws, which cannot allow more than the gate has.
        return found.find(namesHost);
      }
    }
  }
}

interface WsClient {
  readonly request?: unknown;
  readonly _socket?: unknown;
}

// Stryker disable next-line ObjectLiteral,ArrayDeclaration: it only stands for a request
const NOTHING: AnyRequest = { headers: {}, rawHeaders: [] };

/** One object for all, so that the log names it once: such a context is a mistake in the application. */
const NO_REQUEST: Verdict = {
  allowed: false,
  reason: 'missing',
  source: 'Host',
  value: undefined,
  detail:
    'its endpoint has a rule, but its context has no request to judge: override getRequest in AllowedHostsGuard',
};

/** Apollo's context has `req`, which holds `extra` for graphql-ws; Mercurius' has `reply`, GraphQL Yoga's has `request`. */
function graphqlRequests(context: unknown): readonly AnyRequest[] {
  const { req, request, reply, extra } = (context ?? {}) as GraphqlContext;
  return [req, req?.extra?.request, reply?.request, request, extra?.request]
    .map(asRequest)
    .filter((found) => found !== undefined);
}

interface GraphqlContext {
  readonly req?: { readonly extra?: { readonly request?: unknown } };
  readonly request?: unknown;
  readonly reply?: { readonly request?: unknown };
  readonly extra?: { readonly request?: unknown };
}

const isPlain = (value: object): boolean =>
  Object.getPrototypeOf(value) === Object.prototype;

const namesHost = (request: AnyRequest): boolean =>
  rawRequest(request).headers['host'] !== undefined;

/** The response of a context, as Express, Fastify or the GraphQL context provide it. */
function responseOf(context: ExecutionContext): unknown {
  if (context.getType() === 'http') return context.getArgByIndex<unknown>(1);
  const { req, reply } = (context.getArgByIndex<unknown>(2) ?? {}) as {
    req?: { res?: unknown };
    reply?: unknown;
  };
  return reply ?? req?.res;
}

function asRequest(value: unknown): AnyRequest | undefined {
  return typeof value === 'object' && value !== null && 'headers' in value
    ? (value as AnyRequest)
    : undefined;
}
