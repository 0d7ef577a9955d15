import { ModernFakeTimers } from '@jest/fake-timers';
import { expect } from 'expect';
import fc from 'fast-check';
import * as circus from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

/** The globals that Jest gives to a spec file. */
export function provideGlobals(globals) {
  // The same score in each run, and no search for a smaller example.
  fc.configureGlobal({ endOnFailure: true, seed: 1 });
  const mocks = new ModuleMocker(globalThis);
  const timers = new ModernFakeTimers({
    config: { fakeTimers: {} },
    global: globalThis,
  });
  const jest = {
    advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
    advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
    fn: mocks.fn.bind(mocks),
    getTimerCount: () => timers.getTimerCount(),
    restoreAllMocks: () => mocks.restoreAllMocks(),
    setTimeout: () => undefined,
    spyOn: mocks.spyOn.bind(mocks),
    useFakeTimers: (options) => timers.useFakeTimers(options),
    useRealTimers: () => timers.useRealTimers(),
  };
  const { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } =
    circus;
  const hooks = { afterAll, afterEach, beforeAll, beforeEach };
  Object.assign(globalThis, globals, hooks, {
    describe,
    expect,
    it,
    jest,
    test,
  });
}

/**
 * Imports a spec file and runs its tests.
 *
 * @param onEvent sees the events of jest-circus
 * @param names of the tests that run; all by default
 * @param bail skips the other tests after the first failure; after a timeout, also the hooks, which may wait too
 * @returns the results, and an error that no test owns
 */
export async function runSpec(url, { bail = false, names, onEvent }) {
  circus.resetState();
  const state = circus.getState();
  state.testTimeout = bail ? MUTANT_TIMEOUT : DRY_TIMEOUT;
  if (names !== undefined) state.testNamePattern = anyOf(names);
  let fail;
  let giveUp;
  const timeout = new Promise((resolve) => (giveUp = resolve));
  const handler = (event) => {
    onEvent(event);
    if (/^(test_fn|hook)_start$/.test(event.name))
      endWithError(event.hook ?? event.test, (reject) => {
        fail = reject;
      });
    if (bail && /^(test_fn|hook)_failure$/.test(event.name)) {
      state.testNamePattern = /(?!)/;
      if (isTimeout(event.error))
        giveUp({ testResults: [], unhandledErrors: [String(event.error)] });
    }
  };
  const uncaught = (error) => {
    state.unhandledErrors.push(error);
    fail?.(error);
  };
  circus.addEventHandler(handler);
  process.on('uncaughtException', uncaught).on('unhandledRejection', uncaught);
  try {
    await import(url);
    const { testResults, unhandledErrors } = await Promise.race([
      circus.run(),
      timeout,
    ]);
    return { results: testResults, error: unhandledErrors.at(0) };
  } catch (error) {
    return { results: [], error: String(error?.stack ?? error) };
  } finally {
    circus.removeEventHandler(handler);
    process.off('uncaughtException', uncaught);
    process.off('unhandledRejection', uncaught);
  }
}

/** Of a test or a hook, in ms. The dry run is on its own: nothing may fail because the machine is busy. */
const DRY_TIMEOUT = 120_000;
const MUTANT_TIMEOUT = Number(process.env.TIMEOUT_MS ?? 15_000);

/** Whether a test or a hook has failed because it took too long. */
export function isTimeout(error) {
  return String(error).startsWith('Exceeded timeout of ');
}

const changed = new WeakSet();

/**
 * Lets an uncaught error end a test or a hook, which may otherwise wait for its time limit.
 *
 * @param start gets what ends it, as it starts
 */
function endWithError(testOrHook, start) {
  const { fn } = testOrHook;
  // With a parameter it would be a callback.
  if (fn.length > 0 || changed.has(testOrHook)) return;
  changed.add(testOrHook);
  testOrHook.fn = function run() {
    const uncaught = new Promise((_resolve, reject) => start(reject));
    // It is another test's if this one has ended.
    uncaught.catch(() => undefined);
    return Promise.race([fn.call(this), uncaught]);
  };
}

function anyOf(names) {
  const escaped = names.map((name) =>
    name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  );
  return new RegExp(`^(?:${escaped.join('|')})$`);
}
