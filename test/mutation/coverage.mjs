/**
 * Which tests reach which mutants. Stryker's code in `src/` counts for `currentTestId`. What a file or a hook runs before its
 * tests counts for each of these tests.
 */
export class Coverage {
  #counts = (globalThis.__stryker__ ??= {});
  /** By the ID under which the file or the hook was counted: whether it ran before a test. */
  #shared = new Map();

  fileStarts(spec) {
    this.#share(`file: ${spec}`, () => true);
  }

  /** Leaves the ID after a test: what ends late belongs to it. */
  onEvent(spec, { hook, name, test }) {
    if (name === 'test_start')
      this.#counts.currentTestId = idOf(spec, pathOf(test));
    else if (name === 'hook_start' && hook.type.endsWith('All')) {
      const block = pathOf(hook.parent);
      const id = `hook ${this.#shared.size}: ${spec}`;
      this.#share(id, (path) => block.every((part, i) => part === path[i]));
    }
  }

  /** Counts what a file and its hooks have run for the tests of this file. */
  fileEnds(spec, paths) {
    const perTest = this.#counts.mutantCoverage?.perTest ?? {};
    for (const [id, isAbove] of this.#shared) {
      for (const path of paths)
        if (isAbove(path)) add((perTest[idOf(spec, path)] ??= {}), perTest[id]);
      delete perTest[id];
    }
    this.#shared.clear();
    this.#counts.currentTestId = undefined;
  }

  get result() {
    return this.#counts.mutantCoverage;
  }

  /** Without what tests reach, so that Stryker runs only the mutants that no test reaches once modules are loaded. */
  get onlyStatic() {
    const { perTest, static: loaded } = this.#counts.mutantCoverage;
    const reached = Object.assign({}, ...Object.values(perTest));
    const only = Object.entries(loaded).filter(([id]) => !(id in reached));
    return { perTest: {}, static: Object.fromEntries(only) };
  }

  #share(id, isAbove) {
    this.#counts.currentTestId = id;
    this.#shared.set(id, isAbove);
  }
}

function add(sums, counts = {}) {
  for (const [mutant, count] of Object.entries(counts))
    sums[mutant] = (sums[mutant] ?? 0) + count;
}

function pathOf(node) {
  return node.parent === undefined ? [] : [...pathOf(node.parent), node.name];
}

export function idOf(spec, path) {
  return `${spec}: ${path.join(' ')}`;
}
