import type { ModulesContainer } from '@nestjs/core';

/** On the class of each build: an application can load the module as an ES module and as CommonJS. */
export const MARK = Symbol.for('nestjs-allowed-hosts');

type ModuleRef = ModulesContainer extends Map<string, infer Ref> ? Ref : never;

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

/** Whether the root module imports a module, directly or through others. */
function isReachable(wanted: ModuleRef, modules: ModulesContainer): boolean {
  const [, root] = modules.values(); // Nest's own module comes first
  const seen = new Set<ModuleRef>();
  const visit = (module: ModuleRef): boolean => {
    if (module === wanted) return true;
    if (seen.has(module)) return false;
    seen.add(module);
    return [...module.imports].some(visit);
  };
  return root !== undefined && visit(root);
}
