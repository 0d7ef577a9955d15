import type { ServerResponse } from 'node:http';
import type { AnyRequest } from './any-request.js';

/** The part of a Fastify instance that is used here. */
export interface Fastify {
  addHook(name: 'onRequest', hook: FastifyHook): unknown;
  addHook(name: 'onListen', hook: (done: () => void) => void): unknown;
  addHook(
    name: 'onRoute',
    hook: (route: { config?: object | undefined }) => void,
  ): unknown;
  after(callback: () => void): unknown;
}

export type FastifyHook = (
  request: AnyRequest,
  reply: { readonly raw: ServerResponse },
  done: (error?: unknown) => void,
) => void;

export function isFastify(instance: unknown): instance is Fastify {
  return (
    typeof instance === 'object' &&
    instance !== null &&
    'addHook' in instance &&
    'after' in instance
  );
}

/** Reads a property that Fastify stores under a symbol, on an instance or on its parents. */
export function readSymbol<T>(instance: object, name: string): T | undefined {
  for (
    let of: object | null = instance;
    of !== null;
    of = Object.getPrototypeOf(of) as object | null
  ) {
    const symbol = Object.getOwnPropertySymbols(of).find(
      ({ description }) => description === name,
    );
    if (symbol) return (of as Record<symbol, T>)[symbol];
  }
  return undefined;
}
