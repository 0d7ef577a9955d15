import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/**
 * Whether a global filter of the application catches exceptions of a class, as Nest decides it. Nest asks no filter of
 * the request scope about a request without a route.
 */
export function isCaught(config: ApplicationConfig, exception: Type): boolean {
  return config.getGlobalFilters().some((filter) => {
    const caught = Reflect.getMetadata(
      '__filterCatchExceptions__',
      filter.constructor,
    ) as readonly (Type | undefined)[] | undefined;
    return (
      caught === undefined ||
      caught.length === 0 ||
      caught.some(
        (type) =>
          // A circular import leaves `undefined` in the decorator.
          type !== undefined &&
          (type === exception || exception.prototype instanceof type),
      )
    );
  });
}
