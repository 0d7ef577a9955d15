import type { EventEmitter } from 'node:events';

/** Emits an event to the listeners; returns whether there are any. */
export type Emit = (...args: readonly unknown[]) => boolean;

/**
 * Puts a function between an emitter and its listeners. One more listener is not enough: every listener gets the event,
 * and some replace the others (engine.io does).
 */
export function interceptEvents(
  emitter: EventEmitter,
  intercept: (emit: Emit, args: readonly unknown[]) => boolean,
): void {
  const original = emitter.emit.bind(emitter) as Emit;
  emitter.emit = (...args: unknown[]) => intercept(original, args);
}
