/**
 * The hosts in a `Forwarded` header, in order; `undefined` where the header does not parse.
 * Linear: one sticky expression, applied parameter by parameter.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 RFC 7239 §4}
 */
export function forwardedHosts(value: string): readonly string[] | undefined {
  const hosts: string[] = [];
  const parameter = new RegExp(PARAMETER, 'y');
  while (parameter.lastIndex < value.length) {
    const match = parameter.exec(value);
    if (!match) return undefined;
    const [, name = '', quoted, token = ''] = match;
    if (name.toLowerCase() !== 'host') continue;
    hosts.push(quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1'));
  }
  return hosts;
}

/** `name=token` or `name="quoted"`, then `;`, `,` or the end; elements may be empty (RFC 9110 §5.6.1). */
const PARAMETER =
  /[ \t]*(?:([!#$%&'*+.^`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^`|~\w-]+))[ \t]*)?(?:[;,]|$)/;

/** The entries of an `X-Forwarded-Host` header, empty ones too; Node has joined several lines with commas. */
export function xForwardedHosts(value: string): readonly string[] {
  return value.split(',').map(withoutBlanks);
}

/** Blanks and tabs alone are padding (RFC 9110 §5.6.3): a framework hands on what else `trim()` would take off. */
function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

const isBlank = (character: string | undefined) =>
  character === ' ' || character === '\t';
