import { Inject, Injectable, Scope, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, type ModulesContainer } from '@nestjs/core';
import { AllowedHostsGate } from './gate/allowed-hosts.gate.js';

/** On the class of each build: an application can load the module as an ES module and as CommonJS. */
export const MARK = Symbol.for('nestjs-allowed-hosts');

type NestModule =
  ModulesContainer extends Map<string, infer Module> ? Module : never;

/** @throws {Error} unless the module is registered once, and by the root module or one that it imports */
export function assertRegisteredOnce(modules: ModulesContainer): void {
  const registered = [...modules.values()].filter(
    ({ metatype }) => metatype && MARK in metatype,
  );
  if (!registered.every((module) => isReachable(module, modules))) {
    throw new Error(
      'AllowedHostsModule cannot be loaded lazily: it would miss the routes and servers that exist already. Add it to the imports of the root module.',
    );
  }
  if (registered.length > 1) {
    throw new Error(
      'AllowedHostsModule is registered more than once, perhaps as an ES module and as CommonJS: keep one forRoot or forRootAsync, in the root module. Hosts for single routes go into @AllowHosts().',
    );
  }
}

/** @throws {Error} if the class itself is imported, without options */
export function assertGiven<T>(options: T | undefined): T {
  if (options !== undefined) return options;
  throw new Error(
    "AllowedHostsModule has no options: write AllowedHostsModule.forRoot({ hosts: 'example.com' }) in the imports of the root module. Other modules need no import of it.",
  );
}

/** Whether the root module imports a module, directly or through others. */
function isReachable(wanted: NestModule, modules: ModulesContainer): boolean {
  const [, root] = modules.values(); // Nest's own module comes first
  const seen = new Set<NestModule>();
  const visit = (module: NestModule): boolean => {
    if (module === wanted) return true;
    if (seen.has(module)) return false;
    seen.add(module);
    return [...module.imports].some(visit);
  };
  return root !== undefined && visit(root);
}

/**
 * Nest creates nothing that depends on a request-scoped provider before a request comes, the gate and the guard included.
 * From 11.2.8 and 12.1.3 on it throws an error of its own for such a global guard; before, it leaves it out.
 */
@Injectable()
export class RegistrationCheck implements OnModuleInit {
  constructor(@Inject(ModuleRef) private readonly module: ModuleRef) {}

  /** @throws {Error} if the options are request-scoped */
  onModuleInit(): void {
    if (this.module.introspect(AllowedHostsGate).scope === Scope.DEFAULT)
      return;
    throw new Error(
      'AllowedHostsModule cannot check hosts, because forRootAsync injects a provider that is request-scoped or depends on one: inject providers with the default scope.',
    );
  }
}
