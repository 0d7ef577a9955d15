import {
  Controller,
  Get,
  Header,
  Inject,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
import { AllowAnyHost, AllowProbes } from '../allowed-hosts.decorators.js';
import { errorMessage } from '../messages/error-message.js';
import { AllowedHostsHealth } from './allowed-hosts.health.js';
import type {
  HealthDecorator,
  ResolvedHealthOptions,
} from './health.options.js';

/** On the methods of the health routes. */
export const HEALTH_ROUTE = Symbol('nestjs-allowed-hosts:health-route');

export interface HealthRoute {
  /** The option that gives its path. */
  readonly option: 'path' | 'livenessPath';
  readonly controller: Type;
  readonly method: () => unknown;
}

/**
 * The class of the health routes; none where no route is wanted. A decorator needs its path when the class is declared,
 * so each registration declares its own.
 */
export function healthControllers(options: ResolvedHealthOptions): Type[] {
  const { path, livenessPath, hosts, decorators } = options;
  if (path === false && livenessPath === false) return [];

  @Controller({ version: VERSION_NEUTRAL })
  class HealthController {
    constructor(
      @Inject(AllowedHostsHealth) private readonly health: AllowedHostsHealth,
    ) {}

    readiness(): Promise<HealthCheckResult> {
      return this.health.check();
    }

    liveness(): HealthCheckResult {
      return { status: 'ok', info: {}, error: {}, details: {} };
    }
  }

  if (path !== false) addRoute(HealthController, 'readiness', path);
  if (livenessPath !== false)
    addRoute(HealthController, 'liveness', livenessPath);
  if (hosts === 'probes') AllowProbes()(HealthController);
  if (hosts === 'any') AllowAnyHost()(HealthController);
  for (const decorator of decorators) decorate(HealthController, decorator);
  if (!Reflect.hasMetadata(EXCLUDED_FROM_OPENAPI, HealthController))
    Reflect.defineMetadata(EXCLUDED_FROM_OPENAPI, [true], HealthController);
  return [HealthController];
}

/** @throws {Error} for what does not decorate a class */
function decorate(controller: Type, decorator: HealthDecorator): void {
  let result: unknown;
  try {
    result = decorator(controller);
  } catch (error) {
    throw new Error(
      `health.decorators contains a decorator that is not for classes: write one that is, such as SkipThrottle(). ${errorMessage(error)}`,
    );
  }
  if (typeof result === 'function' && result !== controller)
    throw new Error(
      'health.decorators contains a function that returns a decorator: write [Public()], with parentheses.',
    );
}

function addRoute(
  controller: Type,
  method: 'readiness' | 'liveness',
  path: string,
): void {
  const prototype = controller.prototype as object;
  const descriptor: TypedPropertyDescriptor<() => unknown> | undefined =
    Object.getOwnPropertyDescriptor(prototype, method);
  if (descriptor?.value === undefined) return;
  const option = method === 'readiness' ? 'path' : 'livenessPath';
  Get(path)(prototype, method, descriptor);
  Header('Cache-Control', 'no-store')(prototype, method, descriptor);
  const route: HealthRoute = { option, controller, method: descriptor.value };
  Reflect.defineMetadata(HEALTH_ROUTE, route, route.method);
}

/** What `@ApiExcludeController()` of @nestjs/swagger sets. */
const EXCLUDED_FROM_OPENAPI = 'swagger/apiExcludeController';
