import { compile as compileFor } from './compile.mjs';

export { toJavaScript } from './compile.mjs';

declare const NEST_MAJOR: number;

/** {@link compileFor}, by default with the Nest of the running tests. */
export const compile = (
  more: readonly string[],
  nest: number = NEST_MAJOR,
): string => compileFor(more, nest);
