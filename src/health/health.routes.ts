import {
  ForbiddenException,
  Inject,
  Injectable,
  ServiceUnavailableException,
  type ExecutionContext,
  type HttpServer,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HealthCheckResult } from '@nestjs/terminus';
import { AllowedHostsGuard } from '../allowed-hosts.guard.js';
import { putRoutesFirst } from '../frameworks/express.js';
import {
  isNestHandler,
  likeHandler,
  onEachRegistration,
  routerPath,
  type Handler,
} from '../frameworks/registrations.js';
import { AllowedHostsHealth } from './allowed-hosts.health.js';
import { HEALTH_ROUTE, type HealthRoute } from './health.controller.js';

/**
 * Serves the health routes without the guards, interceptors and filters of the application: a global guard would respond
 * 401 or 429 to probes, a cache would respond 200 while the database is down. Nest registers the routes, so prefix,
 * versions and decorators count; the handlers are replaced on the way to the framework.
 */
@Injectable()
export class HealthRoutes implements OnModuleInit {
  readonly #paths = new Map<string, string | undefined>();
  #failure: unknown;

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(AllowedHostsHealth) private readonly health: AllowedHostsHealth,
    @Inject(AllowedHostsGuard) private readonly guard: AllowedHostsGuard,
  ) {
    adapterHost.init$.subscribe(() => {
      const { httpAdapter: adapter } = adapterHost;
      // RxJS would report an error here as uncaught.
      try {
        if (!adapter) return;
        onEachRegistration(adapter, (method, path, handler, register) =>
          register(this.#replace(adapter, method, path, handler)),
        );
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  onModuleInit(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const instance = this.adapterHost.httpAdapter?.getInstance<object>();
    if (instance)
      putRoutesFirst(instance, (handler) =>
        Reflect.hasMetadata(HEALTH_ROUTE, handler),
      );
  }

  #replace(
    adapter: HttpServer,
    method: string,
    path: string,
    handler: Handler,
  ): Handler {
    if (!isNestHandler(handler)) return handler;
    const route = Reflect.getMetadata(HEALTH_ROUTE, handler) as
      HealthRoute | undefined;
    this.#assertAlone(method, routerPath(adapter, path), path, route?.option);
    return route === undefined || hasEnhancers(route.controller)
      ? handler
      : likeHandler(handler, this.#handlerOf(route, adapter));
  }

  /** Express would let one of two routes hide the other, Fastify would not start without saying why. */
  #assertAlone(
    method: string,
    key: string,
    path: string,
    option: HealthRoute['option'] | undefined,
  ): void {
    for (const other of method === 'ALL' ? ['ALL', 'GET'] : [method, 'ALL']) {
      const place = `${other} ${key}`;
      if (!this.#paths.has(place)) continue;
      const taken = option ?? this.#paths.get(place);
      if (taken === undefined) continue;
      throw new Error(
        `The application has a route of its own on GET ${path}, where health.${taken} puts ${taken === 'path' ? 'readiness' : 'liveness'}: write another health.${taken}, or health: { path: false } or health: false to keep yours alone.`,
      );
    }
    const place = `${method} ${key}`;
    this.#paths.set(place, this.#paths.get(place) ?? option);
  }

  #handlerOf({ option, controller, method }: HealthRoute, adapter: HttpServer) {
    return async (request: unknown, response: unknown): Promise<void> => {
      const context = contextOf([request, response], controller, method);
      if (!(await this.guard.canActivate(context)))
        throw new ForbiddenException();
      const { status, body } =
        option === 'path' ? await this.#readiness() : LIVE;
      adapter.setHeader?.(response, 'Cache-Control', 'no-store');
      await adapter.reply(response, body, status);
    };
  }

  async #readiness(): Promise<HealthResponse> {
    try {
      return { status: 200, body: await this.health.check() };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { status: 503, body: error.getResponse() };
    }
  }
}

interface HealthResponse {
  readonly status: number;
  readonly body: object | string;
}

const LIVE: HealthResponse = {
  status: 200,
  body: {
    status: 'ok',
    info: {},
    error: {},
    details: {},
  } satisfies HealthCheckResult,
};

/** Whether `health.decorators` put guards, interceptors, pipes or filters on the routes: then Nest runs them all. */
function hasEnhancers(controller: object): boolean {
  return ENHANCERS.some((key) => Reflect.hasMetadata(key, controller));
}

const ENHANCERS = [
  '__guards__',
  '__interceptors__',
  '__pipes__',
  '__exceptionFilters__',
];

/** The context that Nest passes to guards. */
function contextOf(
  args: readonly [request: unknown, response: unknown],
  controller: HealthRoute['controller'],
  method: HealthRoute['method'],
): ExecutionContext {
  const at = (index: number) => args[index];
  const unsupported = () => {
    throw new Error('This is a context of type http.');
  };
  return {
    getType: () => 'http',
    getClass: () => controller,
    getHandler: () => method,
    getArgs: () => [...args],
    getArgByIndex: at,
    switchToHttp: () => ({
      getRequest: () => at(0),
      getResponse: () => at(1),
      getNext: () => undefined,
    }),
    switchToRpc: unsupported,
    switchToWs: unsupported,
  } as unknown as ExecutionContext;
}
