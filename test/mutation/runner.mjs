import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { register } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  commonTokens,
  declareClassPlugin,
  PluginKind,
} from '@stryker-mutator/api/plugin';
import {
  determineHitLimitReached,
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { transformSync } from '@swc/core';
import { Coverage, idOf } from './coverage.mjs';
import { rooms } from './rooms.mjs';
import { isTimeout, provideGlobals, runSpec } from './run-spec.mjs';

const SOURCES = Object.values(rooms).flatMap(({ sources }) => sources);

/** Each mutant that survives runs all examples of the property tests, so there are fewer than in `npm test`. */
const EXAMPLES = /numRuns: [\d_]+/g;
const FEWER = 'numRuns: 500';

/**
 * A test runner for Stryker. It runs spec files with Jest's own packages (jest-circus, expect), but in one process that
 * loads Nest and `src/` once. Stryker's runner for Jest loads both again for each spec file and mutant.
 */
class CircusRunner {
  static inject = [commonTokens.options];

  #root = pathToFileURL(join(process.cwd(), '/'));
  #specs;
  #onlyStatic;
  #loaded = false;
  #imports = 0;
  #mutants = 0;
  /** Whether a test of an earlier mutant still waits for something. */
  #isSpent = false;
  #coverage = new Coverage();

  constructor({ circus }) {
    this.#specs = circus.specs;
    this.#onlyStatic = circus.onlyStatic;
  }

  /** `src/` is loaded once, so Stryker starts a new process for a mutant that runs while modules load. */
  capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    const { default: config } = await import(
      new URL('jest.config.js', this.#root)
    );
    const [, swc] = config.projects[0].transform['\\.ts$'];
    for (const folder of ['src', 'test']) compile(folder, swc);
    register('./fresh-tests.mjs', import.meta.url, {
      data: new URL('test/', this.#root).href,
    });
    provideGlobals(config.projects[0].globals);
  }

  async dryRun() {
    await this.#loadSources();
    const tests = [];
    for (const spec of this.#specs) {
      const { results, error } = await this.#run(spec);
      if (error !== undefined)
        return {
          status: DryRunStatus.Error,
          errorMessage: `${spec}: ${error}`,
        };
      tests.push(...results);
    }
    const mutantCoverage = this.#onlyStatic
      ? this.#coverage.onlyStatic
      : this.#coverage.result;
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, hitLimit, mutantActivation, testFilter }) {
    // Stryker repeats the mutant in a new process.
    if (this.#isSpent) throw new Error('A test still runs.');
    const isStatic = mutantActivation !== 'runtime';
    if (!isStatic) await this.#loadSources();
    const hitCount = hitLimit === undefined ? undefined : 0;
    const mutant = { activeMutant: activeMutant.id, hitCount, hitLimit };
    Object.assign(globalThis.__stryker__, mutant);
    // For processes that a test starts.
    process.env.__STRYKER_ACTIVE_MUTANT__ = activeMutant.id;
    let result;
    try {
      result = toMutantRunResult(await this.#runUntilFailure(testFilter));
    } finally {
      delete process.env.__STRYKER_ACTIVE_MUTANT__;
      globalThis.__stryker__.activeMutant = undefined;
    }
    if (isTimeout(result.failureMessage)) {
      this.#isSpent = true;
      return { status: MutantRunStatus.Timeout };
    }
    if (result.status === MutantRunStatus.Killed && !isStatic)
      await this.#confirm(result.killedBy);
    this.#mutants++;
    return result;
  }

  /**
   * Runs the tests that have failed once more, without the mutant. If they fail again, an earlier mutant has left something
   * behind in this process: Stryker starts a new process after an error, and repeats the mutant there.
   */
  async #confirm(failed) {
    if (this.#mutants === 0) return;
    Object.assign(globalThis.__stryker__, { hitCount: undefined });
    const { tests } = await this.#runUntilFailure(failed);
    if (tests.some(({ status }) => status === TestStatus.Failed))
      throw new Error('A test fails without a mutant.');
  }

  async #runUntilFailure(testFilter) {
    const tests = [];
    for (const spec of this.#specs) {
      const prefix = idOf(spec, []);
      const names = testFilter
        ?.filter((id) => id.startsWith(prefix))
        .map((id) => id.slice(prefix.length));
      if (names?.length === 0) continue;
      const run = await this.#run(spec, { bail: true, names });
      const { hitCount, hitLimit } = globalThis.__stryker__;
      const endless = determineHitLimitReached(hitCount, hitLimit);
      if (endless !== undefined) return endless;
      tests.push(...run.results);
      if (run.error !== undefined)
        tests.push(outcome(spec, ['(outside its tests)'], [run.error], 0));
      if (tests.some(({ status }) => status === TestStatus.Failed)) break;
    }
    return { status: DryRunStatus.Complete, tests };
  }

  async #run(spec, options = {}) {
    this.#coverage.fileStarts(spec);
    const url = new URL(spec.replace(/ts$/, 'js'), this.#root);
    const { results, error } = await runSpec(
      `${url.href}?import=${this.#imports++}`,
      { ...options, onEvent: (event) => this.#coverage.onEvent(spec, event) },
    );
    const paths = results.map(({ testPath }) => testPath.slice(1));
    this.#coverage.fileEnds(spec, paths);
    return {
      results: results.map(({ duration, errors, status }, i) =>
        outcome(spec, paths[i], errors, duration, status),
      ),
      error,
    };
  }

  async #loadSources() {
    if (this.#loaded) return;
    this.#loaded = true;
    for (const file of typescriptIn('src').filter(isInRoom))
      await import(new URL(file.replace(/ts$/, 'js'), this.#root));
  }
}

function outcome(spec, path, errors, duration, status = 'done') {
  const id = idOf(spec, path);
  const common = { id, name: id, fileName: spec, timeSpentMs: duration ?? 0 };
  if (status !== 'done') return { ...common, status: TestStatus.Skipped };
  return errors.length === 0
    ? { ...common, status: TestStatus.Success }
    : { ...common, status: TestStatus.Failed, failureMessage: errors.join() };
}

/** Not each file may be loaded: `src/cli/` is a program. */
function isInRoom(file) {
  return SOURCES.some((source) => file.startsWith(source));
}

function typescriptIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map((file) => `${folder}/${String(file)}`)
    .filter(
      (file) => /(?<!\.d)\.ts$/.test(file) && !file.includes('/node_modules/'),
    );
}

/**
 * Writes JavaScript beside each TypeScript file: the imports in both name it. Stryker runs in a copy of the project. Its
 * processes share the copy, so each file appears whole, and none is written again.
 */
function compile(folder, swc) {
  for (const filename of typescriptIn(folder)) {
    const compiled = filename.replace(/ts$/, 'js');
    if (existsSync(compiled)) continue;
    const options = { ...swc, filename, swcrc: false };
    const source = readFileSync(filename, 'utf8').replaceAll(EXAMPLES, FEWER);
    const unfinished = `${compiled}.${process.pid}`;
    writeFileSync(unfinished, transformSync(source, options).code);
    renameSync(unfinished, compiled);
  }
}

/** A mutant that is caught by a timeout may be one that a busy machine slowed down, so it is printed too. */
const PRINTED = new Set(['Survived', 'NoCoverage', 'RuntimeError', 'Timeout']);

/** Prints a mutant that no test notices as soon as it is known, and reports each result to main.mjs: a run may be stopped. */
class MissedReporter {
  static inject = [commonTokens.options];

  /** Whether a mutant is one of those that the run is about. */
  #isMeant;

  constructor({ circus }) {
    this.#isMeant = (mutant) => mutant.static || !circus.onlyStatic;
  }

  onMutationTestingPlanReady({ mutantPlans }) {
    const mutants = mutantPlans.filter(({ mutant }) => this.#isMeant(mutant));
    process.send({ mutants: mutants.length });
  }

  onMutantTested(result) {
    if (!this.#isMeant(result)) return;
    const { fileName, location, mutatorName, replacement, status } = result;
    process.send({ result: { status, statusReason: result.statusReason } });
    if (!PRINTED.has(status)) return;
    const { line, column } = location.start;
    const at = `${relative(process.cwd(), fileName)}:${line}:${column}`;
    const [first] = replacement.split('\n');
    console.log(`${at} ${status} ${mutatorName}: ${first}`);
  }
}

/**
 * TypeScript asks for a value where an index could be out of range (noUncheckedIndexedAccess). No test can reach an empty
 * text or array that stands there for an index that never is.
 */
class UnreachableDefaults {
  shouldIgnore({ key, node, parent }) {
    const isDefault =
      parent?.operator === '??' || parent?.type === 'AssignmentPattern';
    const isEmpty = node.value === '' || node.elements?.length === 0;
    if (isDefault && key === 'right' && isEmpty)
      return 'An index that is never out of range';
    return undefined;
  }
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.Ignore, 'defaults', UnreachableDefaults),
  declareClassPlugin(PluginKind.Reporter, 'missed', MissedReporter),
  declareClassPlugin(PluginKind.TestRunner, 'circus', CircusRunner),
];
export const strykerValidationSchema = {
  properties: { circus: { type: 'object' } },
};
