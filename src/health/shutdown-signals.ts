import { ShutdownSignal } from '@nestjs/common';

type Follower = (signal: string) => void;

/** The process is one for all applications in it, and so is the listener. */
const followers = new Set<Follower>();

/**
 * Reports signals that the application handles, before its own listeners get them. If nothing handles a signal,
 * nobody listens: a listener would keep the signal from ending the process.
 *
 * @returns ends that
 */
export function followShutdownSignals(follower: Follower): () => void {
  followers.add(follower);
  if (followers.size === 1) {
    process.on('newListener', onNewListener);
    process.on('removeListener', onRemovedListener);
  }
  for (const signal of SIGNALS) if (listenersOf(signal) > 0) listen(signal);
  return () => {
    if (!followers.delete(follower) || followers.size > 0) return;
    process.off('newListener', onNewListener);
    process.off('removeListener', onRemovedListener);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

/** How many listeners besides our own a signal has. */
export function listenersOf(signal: NodeJS.Signals): number {
  return process.listeners(signal).filter((one) => one !== onSignal).length;
}

function listen(signal: NodeJS.Signals): void {
  if (process.listeners(signal).includes(onSignal)) return;
  process.prependListener(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  // Some listeners end the process only where they find themselves alone.
  process.off(signal, onSignal);
  for (const follower of followers) follower(signal);
  setImmediate(() => {
    if (followers.size > 0 && listenersOf(signal) > 0) listen(signal);
  });
}

function onNewListener(event: string | symbol, listener: unknown): void {
  if (isSignal(event) && listener !== onSignal) listen(event);
}

function onRemovedListener(event: string | symbol, listener: unknown): void {
  if (isSignal(event) && listener !== onSignal && listenersOf(event) === 0)
    process.off(event, onSignal);
}

const SIGNALS = Object.values(ShutdownSignal) as NodeJS.Signals[];

function isSignal(event: string | symbol): event is NodeJS.Signals {
  return (SIGNALS as readonly (string | symbol)[]).includes(event);
}
