/**
 * Compiles the library and more from their current sources, independent of the last build, for a process of its own.
 *
 * @param more files or folders, from the root of the repository; a file may be an `.mjs`, which is copied
 * @param nest the major version of Nest that the process gets
 * @returns a directory inside the repository, so that packages resolve; the caller removes it
 */
export function compile(more: readonly string[], nest: number): string;

/** The JavaScript of a file, by its path from the root of the repository. */
export function toJavaScript(path: string): string;
