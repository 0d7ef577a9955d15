import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { RouteRule } from '../allowed-hosts.route-rule.js';
import {
  isClass,
  ruledMethods,
  ruleOn,
  type RuledMethod,
} from './ruled-methods.js';

/** What Nest knows of a provider. */
export type ProviderWrapper = ReturnType<
  DiscoveryService['getProviders']
>[number];
type NestModule = NonNullable<ProviderWrapper['host']>;

/** A gateway or a resolver; its rules are those on its class and on its methods. */
export interface RuledProvider {
  readonly metatype: Type;
  readonly modules: readonly NestModule[];
  readonly rules: readonly RouteRule[];
}

/**
 * The gateways, and the resolvers that have a rule.
 *
 * @param warn gets a sentence for each other provider that has a rule
 */
export function findRuledProviders(
  discovery: DiscoveryService,
  scanner: MetadataScanner,
  warn: (message: string) => void,
): { gateways: readonly RuledProvider[]; resolvers: readonly RuledProvider[] } {
  const gateways: RuledProvider[] = [];
  const resolvers: RuledProvider[] = [];
  for (const [metatype, modules] of modulesByClass(discovery)) {
    const methods = ruledMethods(scanner, metatype);
    const rules = new Set(
      [ruleOn(metatype), ...methods.map(({ rule }) => rule)].filter(
        (rule) => rule !== undefined,
      ),
    );
    const provider = { metatype, modules, rules: [...rules] };
    if (isGateway(metatype)) gateways.push(provider);
    if (rules.size === 0) continue;
    if (methods.some(isResolver)) resolvers.push(provider);
    else if (!isGateway(metatype))
      warn(
        `The rule on ${metatype.name} has no effect: it is among the providers, and is neither a gateway nor a resolver. Controllers belong to "controllers".`,
      );
  }
  return { gateways, resolvers };
}

function modulesByClass(discovery: DiscoveryService) {
  const modules = new Map<Type, NestModule[]>();
  for (const { metatype, host } of discovery.getProviders()) {
    if (!isClass(metatype)) continue;
    const known = modules.get(metatype) ?? [];
    modules.set(metatype, host ? [...known, host] : known);
  }
  return modules;
}

function isGateway(metatype: Type): boolean {
  return Reflect.hasMetadata('websockets:is_gateway', metatype);
}

function isResolver({ handler }: RuledMethod): boolean {
  return (
    Reflect.hasMetadata('graphql:resolver_type', handler) ||
    Reflect.hasMetadata('graphql:resolve_property', handler)
  );
}
