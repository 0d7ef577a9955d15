import type { Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { ROUTE_RULE, type RouteRule } from '../allowed-hosts.route-rule.js';

export interface RuledMethod {
  readonly name: string;
  readonly handler: object;
  /** The rule on the method, or else on the class. */
  readonly rule: RouteRule | undefined;
}

const scanner = new MetadataScanner();

/** The methods of a class with the rule on each, as the guard reads it. */
export function ruledMethods(metatype: Type): readonly RuledMethod[] {
  const prototype = metatype.prototype as Record<string, unknown>;
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (typeof handler !== 'function') return [];
    return [{ name, handler, rule: ruleOn(handler) ?? ruleOn(metatype) }];
  });
}

export function isClass(value: unknown): value is Type {
  return (
    typeof value === 'function' &&
    typeof value.prototype === 'object' &&
    value.prototype !== null
  );
}

/** The rule of a decorator on a class or a method. */
export function ruleOn(target: object): RouteRule | undefined {
  return Reflect.getMetadata(ROUTE_RULE, target) as RouteRule | undefined;
}
