import type { EventEmitter } from 'node:events';

/** Emits an event to the listeners; returns whether there are any. */
export type Emit = (...args: readonly unknown[]) => boolean;

/**
 * Puts a function between an emitter and its listeners. One more listener is not enough: every listener gets the event,
 * and some replace the others (engine.io does).
 *
 * @param passes whether an event goes to the listeners at once; it is called first, since it needs no array of arguments
 */
export function interceptEvents(
  emitter: EventEmitter,
  passes: (event: unknown, subject: unknown) => boolean,
  intercept: (emit: Emit, args: readonly unknown[]) => boolean,
): void {
  const emit = Reflect.get(emitter, 'emit') as Emit;
  const original: Emit = (...args) => Reflect.apply(emit, emitter, args);
  const intercepted: Emit = (...args) => intercept(original, args);
  emitter.emit = function (event: unknown, subject: unknown) {
    return Reflect.apply(
      passes(event, subject) ? emit : intercepted,
      emitter,
      // oxlint-disable-next-line prefer-rest-params -- V8 makes no array of it, see bench
      arguments,
    );
  };
}
