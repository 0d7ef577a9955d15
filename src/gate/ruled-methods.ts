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
  const prototype = metatype.prototype as object;
  return scanner.getAllMethodNames(prototype).map((name) => {
    const handler = Reflect.get(prototype, name) as object;
    return { name, handler, rule: ruleOn(handler) ?? ruleOn(metatype) };
  });
}

/** Nest has `null` for a value, and for a factory its function, which has no methods. */
export function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function';
}

/** The rule of a decorator on a class or a method. */
export function ruleOn(target: object): RouteRule | undefined {
  return Reflect.getMetadata(ROUTE_RULE, target) as RouteRule | undefined;
}
