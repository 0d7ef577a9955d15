const globals = new URL('jest-globals.mjs', import.meta.url).href;
let tests;

export function initialize(url) {
  tests = url;
}

/**
 * A resolver for Node: a spec file that is imported with a query passes the query on to the files in `test/` that it
 * imports. So each run loads these files again, as Jest does, while `src/` and packages stay loaded.
 */
export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals')
    return { url: globals, shortCircuit: true };
  const resolved = await nextResolve(specifier, context);
  const query = context.parentURL?.match(/\?import=\d+$/)?.[0];
  return query !== undefined && resolved.url.startsWith(tests)
    ? { ...resolved, url: resolved.url + query }
    : resolved;
}
