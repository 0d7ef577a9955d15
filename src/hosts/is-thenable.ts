/**
 * Whether `await` would wait for the value. A promise of another realm or
 * library is not an `instanceof Promise`.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) ||
      typeof value === 'function') &&
    // Stryker disable next-line ConditionalExpression: only TypeScript needs it
    'then' in value &&
    typeof value.then === 'function'
  );
}
