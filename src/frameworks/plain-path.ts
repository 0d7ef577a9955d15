/**
 * The path of a request target, if every parser reads the same path; otherwise `undefined`.
 *
 * Routers, static file servers and `new URL()` disagree about `;`, `\`, `//`, dot segments, and about encoded slashes,
 * backslashes, dots and control characters: one reads `/health`, another `/secret.txt`.
 */
export function plainPath(target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return SEGMENTS.test(path) &&
    !AMBIGUOUS.test(path) &&
    decoded(path) !== undefined
    ? path
    : undefined;
}

/** A path without its percent-encoding; `undefined` if the encoding is malformed. */
export function decoded(path: string): string | undefined {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** `/a/b`, optionally with one slash at the end; no empty segment inside, and no segment `.` or `..`. */
const SEGMENTS =
  /^(?:\/(?!\.{1,2}(?:\/|$))(?:[\w.~!$&'()*+,=:@-]|%[\da-f]{2})+)*\/?$/i;

/** Encoded: control characters, `.`, `/`, `\`, DEL, and the line ends U+0085, U+2028 and U+2029. */
const AMBIGUOUS = /%(?:[01][\da-f]|2[ef]|5c|7f|c2%85|e2%80%a[89])/i;
